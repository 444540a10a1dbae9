/** Style sheets are taken up by Vite. */
declare module "*.css"
