// What a deployment would upload: an application of the AWS CDK with Amplify's GraphQL construct, which runs the GraphQL
// transformer, synthesized into a folder: nested stacks, a schema, mapping templates.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import {
  CfnUserPoolGroup, CfnUserPoolUser, CfnUserPoolUserToGroupAttachment, UserPool,
} from 'aws-cdk-lib/aws-cognito';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import construct from '@aws-amplify/graphql-api-construct';

const { AmplifyGraphqlApi, AmplifyGraphqlDefinition } = construct;

// How models get their tables: as Gen 1 does it, and as Gen 2 does it, through a custom resource.
export const STRATEGIES = {
  cloudformation: { dbType: 'DYNAMODB', provisionStrategy: 'DEFAULT' },
  amplify: { dbType: 'DYNAMODB', provisionStrategy: 'AMPLIFY_TABLE' },
};

const schemaOf = (name) => readFileSync(new URL(`./${name}.graphql`, import.meta.url), 'utf8');

// Users of a pool, by name, with the groups each is in.
const USERS = { ana: [], ben: ['physics'], eve: ['editors'] };

// What `@function(name: "echo")` calls.
const ECHO = `exports.handler = async ({ arguments: { message, times = 1 }, identity, fieldName, typeName }) => {
  if (message === 'fail') throw new TypeError('told to fail');
  return { message: message.repeat(times), by: \`\${typeName}.\${fieldName} for \${identity?.username ?? 'a key'}\` };
};`;

// Writes the stack `name` with the schema `<name>.graphql` into `folder`; answers its template's path.
export function synthesize(folder, name, strategy) {
  const app = new App({ outdir: folder });
  const stack = new Stack(app, name);
  const userPool = new UserPool(stack, 'Users');
  userPool.addClient('Web', { authFlows: { userPassword: true, userSrp: true } });
  seed(stack, userPool);
  new AmplifyGraphqlApi(stack, 'Data', {
    definition: AmplifyGraphqlDefinition.fromString(schemaOf(name), STRATEGIES[strategy]),
    authorizationModes: {
      defaultAuthorizationMode: 'AMAZON_COGNITO_USER_POOLS',
      userPoolConfig: { userPool },
      apiKeyConfig: { expires: Duration.days(30) },
      iamConfig: { enableIamAuthorizationMode: true },
      oidcConfig: {
        oidcIssuerUrl: 'https://id.example.com',
        oidcProviderName: 'example',
        tokenExpiryFromAuth: Duration.hours(1),
        tokenExpiryFromIssue: Duration.hours(1),
      },
    },
    functionNameMap: name === 'library' ? { echo: echo(stack) } : {},
  });
  app.synth();
  return join(folder, `${name}.template.json`);
}

const echo = (stack) => new Function(stack, 'Echo', {
  runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline(ECHO),
});

function seed(stack, { userPoolId }) {
  const groups = new Set(Object.values(USERS).flat());
  const made = [...groups].map((groupName) => new CfnUserPoolGroup(stack, `Group-${groupName}`, { userPoolId, groupName }));
  for (const [username, memberOf] of Object.entries(USERS)) {
    const user = new CfnUserPoolUser(stack, `User-${username}`, { userPoolId, username });
    for (const groupName of memberOf) {
      const attachment = new CfnUserPoolUserToGroupAttachment(stack, `${username}-${groupName}`, {
        userPoolId, username, groupName,
      });
      attachment.node.addDependency(user, ...made);
    }
  }
}
