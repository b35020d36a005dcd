import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// Every text reaches the page through textContent: what a visitor writes must never become markup.
const markup = 'Texts are set as text only; markup from strings is not allowed in the console.';

export default tseslint.config({ ignores: ['node_modules'] }, js.configs.recommended, {
  files: ['**/*.{ts,tsx}'],
  extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
  languageOptions: { parserOptions: { projectService: true } },
  rules: {
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    '@typescript-eslint/consistent-type-imports': 'error',
    // A handler may start something and return nothing.
    '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    eqeqeq: 'error',
    'no-console': 'error',
    'no-restricted-properties': [
      'error',
      ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'setHTMLUnsafe', 'srcdoc'].map(
        (property) => ({ property, message: markup }),
      ),
      { object: 'document', property: 'write', message: markup },
      { object: 'document', property: 'writeln', message: markup },
    ],
    'no-restricted-syntax': [
      'error',
      {
        selector: 'JSXAttribute[name.name=/^(dangerouslySetInnerHTML|innerHTML|srcdoc)$/]',
        message: markup,
      },
      { selector: 'Property[key.name="dangerouslySetInnerHTML"]', message: markup },
      {
        selector: 'JSXAttribute[name.name="style"]',
        message: 'Styles live in src/styles: the page is served with style-src self.',
      },
    ],
  },
});
