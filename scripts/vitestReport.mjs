// Counts the tests of a JSON report of vitest, and names those that failed.
import { readFileSync } from "node:fs"
import { relative } from "node:path"

/** The reporters that print as usual and write the report besides. */
export const reportTo = (file) => ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`]

/** What a line that names a failed test begins with. */
export const failedMark = "failed: "

const isFailed = ({ status }) => status === "failed"

/** The names of the failed tests of a file; the file itself, if it failed without one. */
const failuresOf = ({ assertionResults, name, status }) => {
  const file = relative(process.cwd(), name)
  const tests = assertionResults.filter(isFailed)
  if (tests.length > 0) return tests.map(({ ancestorTitles, title }) => [file, ...ancestorTitles, title].join(" > "))
  return status === "failed"
    ? [`${file} (it has no failed test: it was not loaded, or failed outside of its tests)`]
    : []
}

/**
 * The numbers of tests that passed, failed and were skipped, and the names of those that failed. A file that cannot be
 * loaded counts as one failed test; so does a run that fails without a failed test, or that runs no test at all.
 */
export const countTests = (file, hasFailed) => {
  try {
    const { numPassedTests, numPendingTests, testResults } = JSON.parse(readFileSync(file, "utf8"))
    const failures = testResults.flatMap(failuresOf)
    if (failures.length === 0 && hasFailed) failures.push("the run, without a failed test")
    else if (failures.length === 0 && numPassedTests === 0) failures.push("the run, which has no test")
    return { passed: numPassedTests, failed: failures.length, skipped: numPendingTests, failures }
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: ["the run, which wrote no report"] }
  }
}
