// Counts the tests of a JSON report of vitest.
import { readFileSync } from "node:fs"

/** The reporters that print as usual and write the report besides. */
export const reportTo = (file) => ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`]

/**
 * The numbers of tests that passed, failed and were skipped. A file that cannot be loaded counts as one failed test;
 * so does a run that fails without a failed test, or that runs no test at all.
 */
export const countTests = (file, hasFailed) => {
  try {
    const { numFailedTests, numPassedTests, numPendingTests, testResults } = JSON.parse(readFileSync(file, "utf8"))
    const unloaded = testResults.filter(
      ({ assertionResults, status }) =>
        status === "failed" && !assertionResults.some((result) => result.status === "failed"),
    ).length
    const failed = numFailedTests + unloaded
    const isFailure = failed === 0 && (hasFailed || numPassedTests === 0)
    return { passed: numPassedTests, failed: isFailure ? 1 : failed, skipped: numPendingTests }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}
