//! The operations of `cognito-idp`, a file each, and which of them need a signature.

mod admin_add_user_to_group;
mod admin_confirm_sign_up;
mod admin_create_user;
mod admin_delete_user;
mod admin_disable_user;
mod admin_enable_user;
mod admin_get_user;
mod admin_initiate_auth;
mod admin_list_groups_for_user;
mod admin_remove_user_from_group;
mod admin_respond_to_auth_challenge;
mod admin_set_user_password;
mod admin_update_user_attributes;
mod admin_user_global_sign_out;
mod change_password;
mod confirm_sign_up;
mod create_group;
mod create_user_pool;
mod create_user_pool_client;
mod delete_user_pool;
mod describe_user_pool;
mod describe_user_pool_client;
mod filter;
mod get_tokens_from_refresh_token;
mod get_user;
mod global_sign_out;
mod initiate_auth;
mod list_groups;
mod list_user_pool_clients;
mod list_user_pools;
mod list_users;
mod list_users_in_group;
mod paging;
mod resend_confirmation_code;
mod respond_to_auth_challenge;
mod revoke_token;
mod sign_up;
mod update_user_attributes;

use serde_json::Value;

use crate::{Error, UserPools};

/// The operations that AWS serves without a signature: apps call them on behalf of their users.
const PUBLIC: [&str; 28] = [
    "AssociateSoftwareToken",
    "ChangePassword",
    "CompleteWebAuthnRegistration",
    "ConfirmDevice",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "DeleteUser",
    "DeleteUserAttributes",
    "DeleteWebAuthnCredential",
    "ForgetDevice",
    "ForgotPassword",
    "GetTokensFromRefreshToken",
    "GetUser",
    "GetUserAttributeVerificationCode",
    "GlobalSignOut",
    "InitiateAuth",
    "ListDevices",
    "ListWebAuthnCredentials",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "RevokeToken",
    "SetUserMFAPreference",
    "SignUp",
    "StartWebAuthnRegistration",
    "UpdateDeviceStatus",
    "UpdateUserAttributes",
    "VerifySoftwareToken",
    "VerifyUserAttribute",
];

/// Whether `operation` must come with an AWS signature (Admin, Create, List, Describe ...), also if there is no such
/// operation here.
pub fn requires_signature(operation: &str) -> bool {
    !PUBLIC.contains(&operation)
}

/// Performs `operation`, whoever calls it.
pub(crate) async fn perform(pools: &UserPools, operation: &str, input: Value) -> Result<Value, Error> {
    match operation {
        "AdminAddUserToGroup" => admin_add_user_to_group::run(pools, input).await,
        "AdminConfirmSignUp" => admin_confirm_sign_up::run(pools, input).await,
        "AdminCreateUser" => admin_create_user::run(pools, input).await,
        "AdminDeleteUser" => admin_delete_user::run(pools, input).await,
        "AdminDisableUser" => admin_disable_user::run(pools, input).await,
        "AdminEnableUser" => admin_enable_user::run(pools, input).await,
        "AdminGetUser" => admin_get_user::run(pools, input).await,
        "AdminInitiateAuth" => admin_initiate_auth::run(pools, input).await,
        "AdminListGroupsForUser" => admin_list_groups_for_user::run(pools, input).await,
        "AdminRemoveUserFromGroup" => admin_remove_user_from_group::run(pools, input).await,
        "AdminRespondToAuthChallenge" => admin_respond_to_auth_challenge::run(pools, input).await,
        "AdminSetUserPassword" => admin_set_user_password::run(pools, input).await,
        "AdminUpdateUserAttributes" => admin_update_user_attributes::run(pools, input).await,
        "AdminUserGlobalSignOut" => admin_user_global_sign_out::run(pools, input).await,
        "ChangePassword" => change_password::run(pools, input).await,
        "ConfirmSignUp" => confirm_sign_up::run(pools, input).await,
        "CreateGroup" => create_group::run(pools, input).await,
        "CreateUserPool" => create_user_pool::run(pools, input).await,
        "CreateUserPoolClient" => create_user_pool_client::run(pools, input).await,
        "DeleteUserPool" => delete_user_pool::run(pools, input).await,
        "DescribeUserPool" => describe_user_pool::run(pools, input).await,
        "DescribeUserPoolClient" => describe_user_pool_client::run(pools, input).await,
        "GetTokensFromRefreshToken" => get_tokens_from_refresh_token::run(pools, input).await,
        "GetUser" => get_user::run(pools, input).await,
        "GlobalSignOut" => global_sign_out::run(pools, input).await,
        "InitiateAuth" => initiate_auth::run(pools, input).await,
        "ListGroups" => list_groups::run(pools, input).await,
        "ListUserPoolClients" => list_user_pool_clients::run(pools, input).await,
        "ListUserPools" => list_user_pools::run(pools, input).await,
        "ListUsers" => list_users::run(pools, input).await,
        "ListUsersInGroup" => list_users_in_group::run(pools, input).await,
        "ResendConfirmationCode" => resend_confirmation_code::run(pools, input).await,
        "RespondToAuthChallenge" => respond_to_auth_challenge::run(pools, input).await,
        "RevokeToken" => revoke_token::run(pools, input).await,
        "SignUp" => sign_up::run(pools, input).await,
        "UpdateUserAttributes" => update_user_attributes::run(pools, input).await,
        _ => Err(Error::UnknownOperation { service: "cognito-idp", operation: operation.to_owned() }),
    }
}
