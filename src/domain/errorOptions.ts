/**
 * The second argument of the constructor of an error class: its fields are not validated. The types check them already,
 * validation costs 3 µs, and an error about an invalid value must be able to contain the value.
 */
export const unchecked = true
