export default {
  testEnvironment: 'node',
  testMatch: ['**/*.jest.mjs'],
  moduleFileExtensions: ['mjs', 'js', 'json'],
  transform: {},
};
