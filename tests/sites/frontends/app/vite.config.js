import { svelte } from "@sveltejs/vite-plugin-svelte";
import vue from "@vitejs/plugin-vue";

export default {
  base: "/apps/",
  plugins: [vue(), svelte()],
  build: { rolldownOptions: { input: ["react.html", "vue.html", "svelte.html", "typescript.html"] } },
};
