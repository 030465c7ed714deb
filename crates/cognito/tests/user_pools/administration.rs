//! Pools, clients, groups and users as an administrator sees them.

use aws_protocol::{Caller, Service};
use serde_json::{Value, json};

use crate::fixture::{Fixture, administrator, failure};

#[tokio::test]
async fn administration_needs_a_signature() {
    let fixture = Fixture::new().await;
    for operation in ["AdminGetUser", "ListUsers", "CreateUserPool", "DescribeUserPool", "DeleteUserPool", "AdminDance"]
    {
        assert!(cognito::requires_signature(operation), "{operation}");
        let refused = failure(fixture.call(operation, json!({"UserPoolId": fixture.pool_id})).await);
        assert_eq!(refused, "MissingAuthenticationTokenException: Missing Authentication Token", "{operation}");
    }
    for operation in ["InitiateAuth", "SignUp", "GetUser", "ListDevices"] {
        assert!(!cognito::requires_signature(operation), "{operation}");
    }
    let unknown = fixture.pools.call("AdminDance", json!({}), &administrator()).await;
    assert_eq!(unknown.expect_err("no such operation").code, "UnknownOperationException");
    let absent = fixture.pools.call("ForgetDevice", json!({}), &Caller::anonymous()).await;
    assert_eq!(absent.expect_err("not here").code, "UnknownOperationException");
}

#[tokio::test]
async fn pools_and_clients_are_created_described_listed_and_deleted() {
    let fixture = Fixture::new().await;
    let input = json!({"PoolName": "second", "Policies": {"PasswordPolicy": {"MinimumLength": 10}}, "UserPoolTags": {"a": "b"}});
    let created = fixture.admin("CreateUserPool", input).await.expect("created");
    let pool = &created["UserPool"];
    let id = pool["Id"].as_str().expect("an id").to_owned();
    assert_eq!((id.len(), id.matches('_').count()), ("us-east-1_".len() + 9, 1), "{id}");
    assert_eq!(pool["Arn"], format!("arn:aws:cognito-idp:us-east-1:123456789012:userpool/{id}"));
    assert_eq!((&pool["Name"], &pool["UserPoolTags"]["a"]), (&json!("second"), &json!("b")));
    let described = fixture.admin("DescribeUserPool", json!({"UserPoolId": id})).await.expect("described");
    assert_eq!(&described["UserPool"], pool);

    let input = json!({"UserPoolId": id, "ClientName": "api", "GenerateSecret": true, "CallbackURLs": ["https://x"]});
    let client = fixture.admin("CreateUserPoolClient", input).await.expect("created")["UserPoolClient"].clone();
    assert_eq!(client["ClientId"].as_str().map(str::len), Some(26));
    assert_eq!(client["ClientSecret"].as_str().map(str::len), Some(51));
    assert_eq!((&client["UserPoolId"], &client["CallbackURLs"][0]), (&json!(id), &json!("https://x")));
    let input = json!({"UserPoolId": id, "ClientId": client["ClientId"]});
    let described = fixture.admin("DescribeUserPoolClient", input).await.expect("described");
    assert_eq!(described["UserPoolClient"], client);
    let elsewhere = fixture.admin("DescribeUserPoolClient", json!({"ClientId": client["ClientId"]})).await;
    assert!(failure(elsewhere).starts_with("ResourceNotFoundException: User pool client "));
    let listed =
        fixture.admin("ListUserPoolClients", json!({"UserPoolId": id, "MaxResults": 5})).await.expect("listed");
    assert_eq!(
        listed["UserPoolClients"],
        json!([{"ClientId": client["ClientId"], "ClientName": "api", "UserPoolId": id}])
    );

    let listed = fixture.admin("ListUserPools", json!({"MaxResults": 1})).await.expect("listed");
    let next = fixture
        .admin("ListUserPools", json!({"MaxResults": 1, "NextToken": listed["NextToken"]}))
        .await
        .expect("listed");
    assert_ne!(listed["UserPools"][0]["Id"], next["UserPools"][0]["Id"]);

    fixture.admin("DeleteUserPool", json!({"UserPoolId": id})).await.expect("deleted");
    let gone = failure(fixture.admin("DescribeUserPool", json!({"UserPoolId": id})).await);
    assert_eq!(gone, format!("ResourceNotFoundException: User pool {id} does not exist."));
    let input = json!({"AuthFlow": "USER_SRP_AUTH", "ClientId": client["ClientId"]});
    assert!(failure(fixture.call("InitiateAuth", input).await).starts_with("ResourceNotFoundException"));
    fixture.tokens().await;
}

#[tokio::test]
async fn groups_hold_users() {
    let fixture = Fixture::new().await;
    let create = json!({"GroupName": "approvers", "Description": "may approve", "Precedence": 3});
    let group = fixture.admin("CreateGroup", create.clone()).await.expect("created")["Group"].clone();
    assert_eq!((&group["GroupName"], &group["Precedence"]), (&json!("approvers"), &json!(3)));
    assert!(failure(fixture.admin("CreateGroup", create).await).starts_with("GroupExistsException"));
    let member = json!({"Username": "alice", "GroupName": "approvers"});
    fixture.admin("AdminAddUserToGroup", member.clone()).await.expect("added");
    fixture.admin("AdminAddUserToGroup", member.clone()).await.expect("adding twice is no error");
    let groups = fixture.admin("AdminListGroupsForUser", json!({"Username": "alice"})).await.expect("listed");
    assert_eq!(groups, json!({"Groups": [group]}));
    let users = fixture.admin("ListUsersInGroup", json!({"GroupName": "approvers"})).await.expect("listed");
    assert_eq!(users["Users"][0]["Username"], "alice");
    fixture.admin("AdminRemoveUserFromGroup", member).await.expect("removed");
    let users = fixture.admin("ListUsersInGroup", json!({"GroupName": "approvers"})).await.expect("listed");
    assert_eq!(users, json!({"Users": []}));
    let unknown = json!({"Username": "alice", "GroupName": "none"});
    assert!(failure(fixture.admin("AdminAddUserToGroup", unknown).await).starts_with("ResourceNotFoundException"));
    assert_eq!(fixture.admin("ListGroups", json!({})).await.expect("listed"), json!({"Groups": [group]}));
}

#[tokio::test]
async fn users_are_listed_in_pages_and_by_filter() {
    let fixture = Fixture::new().await;
    for index in 0..4 {
        let name = format!("user{index}");
        fixture.admin("AdminCreateUser", json!({"Username": name})).await.expect("created");
    }
    let mut names = Vec::new();
    let mut token = Value::Null;
    loop {
        let page = fixture.admin("ListUsers", json!({"Limit": 2, "PaginationToken": token})).await.expect("a page");
        names.extend(page["Users"].as_array().expect("a list").iter().map(|user| user["Username"].clone()));
        match page.get("PaginationToken") {
            Some(next) => token = next.clone(),
            None => break,
        }
    }
    assert_eq!(names, ["alice", "user0", "user1", "user2", "user3"]);
    let input = json!({"Filter": "username ^= \"user\"", "Limit": 3, "AttributesToGet": ["email"]});
    let found = fixture.admin("ListUsers", input).await.expect("found");
    assert_eq!(found["Users"].as_array().map(Vec::len), Some(3));
    assert_eq!(found["Users"][0]["Attributes"], json!([]));
    let made_up = fixture.admin("ListUsers", json!({"PaginationToken": "enp6eg"})).await.expect("an empty page");
    assert_eq!(made_up, json!({"Users": []}));
    assert!(failure(fixture.admin("ListUsers", json!({"Limit": 61})).await).starts_with("InvalidParameterException"));
    assert!(
        failure(fixture.admin("ListUsers", json!({"PaginationToken": "%"})).await)
            .starts_with("InvalidParameterException")
    );
}

#[tokio::test]
async fn an_administrator_sets_passwords_and_attributes() {
    let fixture = Fixture::new().await;
    let set = |password: &str, permanent: bool| {
        fixture
            .admin("AdminSetUserPassword", json!({"Username": "alice", "Password": password, "Permanent": permanent}))
    };
    assert!(failure(set("weak", true).await).starts_with("InvalidPasswordException"));
    set("Set by admin 1!", false).await.expect("set");
    let challenge = fixture.sign_in("alice", "Set by admin 1!").await.expect("a challenge");
    assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    set("Set by admin 2!", true).await.expect("set");
    assert!(
        fixture.sign_in("alice", "Set by admin 2!").await.expect("signed in").get("AuthenticationResult").is_some()
    );
    let attributes = json!([{"Name": "phone_number", "Value": "+15550100"}, {"Name": "email", "Value": ""}]);
    fixture
        .admin("AdminUpdateUserAttributes", json!({"Username": "alice", "UserAttributes": attributes}))
        .await
        .expect("updated");
    let alice = fixture.admin("AdminGetUser", json!({"Username": "alice"})).await.expect("the user");
    let names: Vec<&str> =
        alice["UserAttributes"].as_array().expect("a list").iter().filter_map(|a| a["Name"].as_str()).collect();
    assert_eq!(names, ["sub", "phone_number"]);
    let by_sub = json!({"Username": alice["UserAttributes"][0]["Value"]});
    assert_eq!(fixture.admin("AdminGetUser", by_sub).await.expect("found by sub")["Username"], "alice");
}

#[tokio::test]
async fn given_ids_are_used_and_checked() {
    let fixture = Fixture::new().await;
    let settings = || cognito::UserPoolSettings { pool_name: "p".to_owned(), ..Default::default() };
    let put = |id: &'static str| fixture.pools.put_user_pool("Given", Some(id), settings());
    assert_eq!(put("eu-west-1_Given1234").await.expect("created"), "eu-west-1_Given1234");
    for id in ["nope", "a_b_c", "a_", "eu-west-1_../x"] {
        assert!(matches!(put(id).await, Err(cognito::Error::InvalidParameter(_))), "{id}");
    }
    let client = cognito::ClientSettings::default;
    let put = |pool: &'static str| fixture.pools.put_client("C", pool, Some("demo-client"), client());
    assert_eq!(put("eu-west-1_Given1234").await.expect("created").client_id, "demo-client");
    let other = fixture.pools.put_client("C", &fixture.pool_id, Some("demo-client"), client()).await;
    assert!(matches!(other, Err(cognito::Error::InvalidParameter(_))), "a client belongs to one pool");
}
