// Counts the tests in a JSON report of vitest, and names the failed tests.
import { readFileSync } from "node:fs"
import { relative } from "node:path"

/** The flags that print as usual and also write the report. */
export const reportTo = (file) => ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`]

/** The beginning of a line that names a failed test. */
export const failedMark = "failed: "

const isFailed = ({ status }) => status === "failed"

/** The failed tests of a file. If the file failed without a failed test, the file itself. */
const failuresOf = ({ assertionResults, name, status }) => {
  const file = relative(process.cwd(), name)
  const tests = assertionResults.filter(isFailed)
  if (tests.length > 0) return tests.map(({ ancestorTitles, title }) => [file, ...ancestorTitles, title].join(" > "))
  return status === "failed"
    ? [`${file} (it has no failed test: it was not loaded, or failed outside of its tests)`]
    : []
}

/**
 * The numbers of passed, failed and skipped tests, and the names of the failed tests. A file that cannot be loaded
 * counts as one failed test. So does a run that fails without a failed test, and a run without tests.
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
