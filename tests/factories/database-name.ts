/** Every database that tests make begins with this; the next run drops what a killed run left behind. */
export const TEST_PREFIX = "switchyard_test_";
