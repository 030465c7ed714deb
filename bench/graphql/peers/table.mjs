// The table of a stepwell, as the AWS SDK wants it: where a peer's resolvers get their items.
export const table = {
  endpoint: process.env.DYNAMODB_ENDPOINT,
  region: 'us-east-1',
  accessKeyId: process.env.AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
  tableName: 'bench-authors',
};
