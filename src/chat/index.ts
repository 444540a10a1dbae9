export * from "./Announcement.ts"
export * from "./ChatRoom.ts"
export { nameProblem as chatNameProblem } from "./internal/names.ts"
