/** On every answer of a simulated installation, and of the simulator itself: nothing here is real, neither money nor model. */
export const SIMULATED_HEADER = "x-switchyard-simulated";
