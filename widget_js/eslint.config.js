import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}", "test/**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Text reaches the page through text nodes only: the shop's page is not ours to inject into.
      "no-restricted-syntax": [
        "error",
        { selector: "MemberExpression[property.name=/^(inner|outer)HTML$/]", message: "Use text nodes." },
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Use text nodes." },
        { selector: "JSXAttribute[name.name='style']", message: "A strict CSP refuses style attributes." },
        { selector: "CallExpression[callee.property.name='insertAdjacentHTML']", message: "Use text nodes." },
      ],
      // Numbers in texts are meant to be read.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "max-lines": ["error", 400],
    },
  },
  {
    files: ["*.js", "*.mjs"],
    languageOptions: { globals: { console: "readonly", process: "readonly" } },
  },
);
