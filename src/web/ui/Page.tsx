import { link } from "./link/client.ts"
export const Page = () => <p>{link.value}</p>
