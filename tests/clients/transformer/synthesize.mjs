// What a deployment would upload: an application of the AWS CDK with Amplify's GraphQL construct, which runs the GraphQL
// transformer, synthesized into a folder: nested stacks, a schema, mapping templates.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import {
  CfnUserPoolGroup, CfnUserPoolUser, CfnUserPoolUserToGroupAttachment, UserPool,
} from 'aws-cdk-lib/aws-cognito';
import construct from '@aws-amplify/graphql-api-construct';

const { AmplifyGraphqlApi, AmplifyGraphqlDefinition } = construct;

// How models get their tables: as Gen 1 does it, and as Gen 2 does it, through a custom resource.
export const STRATEGIES = {
  cloudformation: { dbType: 'DYNAMODB', provisionStrategy: 'DEFAULT' },
  amplify: { dbType: 'DYNAMODB', provisionStrategy: 'AMPLIFY_TABLE' },
};

const schemaOf = (name) => readFileSync(new URL(`./${name}.graphql`, import.meta.url), 'utf8');

// Users of a pool, by name, with the groups each is in.
const USERS = { ana: [], ben: [], eve: ['editors'] };

// Writes the stack `name` with the schema `<name>.graphql` into `folder`; answers its template's path.
export function synthesize(folder, name, strategy, more = () => ({})) {
  const app = new App({ outdir: folder });
  const stack = new Stack(app, name);
  const userPool = new UserPool(stack, 'Users');
  const client = userPool.addClient('Web', { authFlows: { userPassword: true, userSrp: true } });
  seed(stack, userPool);
  const api = new AmplifyGraphqlApi(stack, 'Data', {
    definition: AmplifyGraphqlDefinition.fromString(schemaOf(name), STRATEGIES[strategy]),
    authorizationModes: {
      defaultAuthorizationMode: 'AMAZON_COGNITO_USER_POOLS',
      userPoolConfig: { userPool },
      apiKeyConfig: { expires: Duration.days(30) },
      iamConfig: { enableIamAuthorizationMode: true },
    },
    ...more(stack),
  });
  new CfnOutput(stack, 'UserPoolClientId', { value: client.userPoolClientId });
  new CfnOutput(stack, 'ApiName', { value: api.resources.graphqlApi.node.id });
  app.synth();
  return join(folder, `${name}.template.json`);
}

function seed(stack, { userPoolId }) {
  const group = new CfnUserPoolGroup(stack, 'Editors', { userPoolId, groupName: 'editors' });
  for (const [username, groups] of Object.entries(USERS)) {
    const user = new CfnUserPoolUser(stack, `User-${username}`, { userPoolId, username });
    for (const groupName of groups) {
      const attachment = new CfnUserPoolUserToGroupAttachment(stack, `${username}-${groupName}`, {
        userPoolId, username, groupName,
      });
      attachment.node.addDependency(user, group);
    }
  }
}
