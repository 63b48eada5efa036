"""Run specifications, the plan, the execution of one run, the store, and the executors."""
