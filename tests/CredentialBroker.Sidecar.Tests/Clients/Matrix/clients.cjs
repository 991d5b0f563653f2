// JavaScript's own clients of the clouds, unmodified: each line of stdin asks once, "new" in a session of its own, and is
// answered with what the client then has, or with what it says. The first argument is the folder that has them installed.
const { createRequire } = require("node:module");
const readline = require("node:readline");
const installed = createRequire(process.argv[2] + "/");

const open = {
    "credential-providers": () => {
        const provider = installed("@aws-sdk/credential-providers").fromNodeProviderChain();
        return async () => (await provider()).accessKeyId;
    },
    "azure-identity": () => {
        const credential = new (installed("@azure/identity").ManagedIdentityCredential)({ retryOptions: { maxRetries: 0 } });
        return async () => (await credential.getToken("https://vault.azure.net/.default")).token;
    },
    "google-auth-library": () => {
        const auth = new (installed("google-auth-library").GoogleAuth)({ scopes: "https://www.googleapis.com/auth/cloud-platform" });
        return async () => await auth.getAccessToken();
    },
};

(async () => {
    let ask;
    for await (const line of readline.createInterface({ input: process.stdin })) {
        let answer;
        try {
            if (!ask || line === "new") ask = open[process.argv[3]]();
            answer = { got: true, text: await ask() };
        } catch (error) {
            answer = { got: false, text: `${error.name}: ${error.message} ${error.cause ?? ""} ${(error.errors ?? []).join(" ")}` };
        }
        console.log(JSON.stringify(answer));
    }
    process.exit(0);
})();
