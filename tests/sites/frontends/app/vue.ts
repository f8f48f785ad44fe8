import { createApp } from "vue";
import App from "./Vue.vue";

createApp(App).mount("#app");
