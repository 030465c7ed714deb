//! Step Functions: the API's operations, the pure interpreter, histories, timers, activities and the driver.
