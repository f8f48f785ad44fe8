/* For svelte-check, which does not read other files than Svelte's. vue-tsc reads the file itself. */
declare module "*.vue" {
  import type { Component } from "vue";
  const component: Component;
  export default component;
}
