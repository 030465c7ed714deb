//! An Event API with its namespaces: what of it stands in the template, and the names that others refer to it by.

use template::{AuthenticationType, Behavior, EventHandler, InvokeType};

use super::loaded;

const TEMPLATE: &str = "
Parameters:
  Stage: { Type: String }
Resources:
  Live:
    Type: AWS::AppSync::Api
    Properties:
      Name: live
      EventConfig:
        AuthProviders: [{ AuthType: API_KEY }, { AuthType: AWS_IAM }]
        ConnectionAuthModes: [{ AuthType: API_KEY }]
        DefaultPublishAuthModes: [{ AuthType: API_KEY }]
        DefaultSubscribeAuthModes: [{ AuthType: API_KEY }]
  Chat:
    Type: AWS::AppSync::ChannelNamespace
    Properties:
      ApiId: !GetAtt Live.ApiId
      Name: chat
      PublishAuthModes: [{ AuthType: AWS_IAM }]
      CodeHandlers: 'export function onPublish(ctx) { return ctx.events }'
      HandlerConfigs:
        OnSubscribe:
          Behavior: DIRECT
          Integration: { DataSourceName: judge, LambdaConfig: { InvokeType: EVENT } }
  Judge:
    Type: AWS::AppSync::DataSource
    Properties:
      ApiId: !GetAtt Live.ApiId
      Name: judge
      Type: AWS_LAMBDA
      LambdaConfig: { LambdaFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:judge' }
  Key:
    Type: AWS::AppSync::ApiKey
    Properties: { ApiId: !GetAtt Live.ApiId }
Outputs:
  Http: { Value: !Sub 'https://${Live.Dns.Http}/event' }
  Realtime: { Value: !GetAtt Live.Dns.Realtime }
  Arn: { Value: !GetAtt Live.ApiArn }
  Reference: { Value: !Ref Live }
  Namespace: { Value: !GetAtt Chat.ChannelNamespaceArn }
";

#[test]
fn an_event_api_has_its_namespaces_keys_and_data_sources() {
    let loaded = loaded(TEMPLATE);
    assert!(loaded.application.on_aws_only.is_empty());
    let [api] = &*loaded.application.event_apis else { panic!("{:?}", loaded.application.event_apis) };
    assert_eq!((&*api.name, api.api_keys.len(), api.data_sources.len()), ("live", 1, 1));
    assert_eq!(api.connection_auth_modes, [AuthenticationType::ApiKey]);
    let [chat] = &*api.namespaces else { panic!("{:?}", api.namespaces) };
    assert_eq!(chat.publish_auth_modes.as_deref(), Some(&[AuthenticationType::AwsIam][..]));
    assert_eq!(chat.subscribe_auth_modes, None);
    assert!(chat.code.is_some() && chat.on_publish.is_none());
    let direct = EventHandler {
        behavior: Behavior::Direct,
        data_source_name: "judge".to_owned(),
        invoke_type: Some(InvokeType::Event),
    };
    assert_eq!(chat.on_subscribe, Some(direct));

    let output = |name: &str| &*loaded.application.outputs.iter().find(|output| output.name == name).unwrap().value;
    assert_eq!(output("Http"), format!("https://{}.appsync-api.us-east-1.amazonaws.com/event", api.id));
    assert_eq!(output("Realtime"), format!("{}.appsync-realtime-api.us-east-1.amazonaws.com", api.id));
    let arn = format!("arn:aws:appsync:us-east-1:123456789012:apis/{}", api.id);
    assert_eq!((output("Arn"), output("Reference")), (&*arn, &*arn));
    assert_eq!(output("Namespace"), format!("{arn}/channelNamespace/chat"));
    assert_eq!(chat.arn, output("Namespace"));
}
