//! `cognito-idp` through its service interface: what an app and an administrator see.

mod administration;
mod durability;
mod fixture;
mod identity_pools;
mod password_sign_in;
mod robustness;
mod sessions;
mod sign_up;
mod srp_client;
mod srp_sign_in;
mod tokens;
