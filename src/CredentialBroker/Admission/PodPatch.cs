using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Clusters;

namespace CredentialBroker.Admission;

/// <summary>
/// What is put into a pod (RFC 6902): the nonce, a token for this broker, and the sidecar where one is configured. What is
/// there as it should be is left alone, so that asking twice changes nothing more.
/// </summary>
internal static class PodPatch
{
    public const string TokenVolume = "credbroker-identity";
    public const string SidecarName = "credbroker-sidecar";

    private const string Credentials = "credbroker-credentials", Configuration = "credbroker-configuration", Temporary = "credbroker-tmp";
    private const string CredentialsPath = "/run/credbroker", TokenPath = "/var/run/secrets/credbroker";

    /// <summary>Shorter tokens are not to be had.</summary>
    private const int TokenSeconds = 600;

    /// <param name="nonce">Null leaves the one that is there.</param>
    public static JsonArray Of(PodRead pod, AdmissionGate gate, string? nonce)
    {
        var patch = new JsonArray();
        // The pod names its templates in an annotation, so that there are some.
        if (nonce is not null) patch.Add(Add($"/metadata/annotations/{PodRead.NonceAnnotation.Replace("/", "~1", StringComparison.Ordinal)}", nonce));
        List<JsonObject> volumes = [Token(gate.Audience)];
        if (gate.Options.Sidecar is { } sidecar && pod.Spec.Items("initContainers").All(c => c.Text("name") != SidecarName))
        {
            volumes.AddRange([Memory(Credentials), Memory(Temporary), new JsonObject { ["name"] = Configuration, ["configMap"] = new JsonObject { ["name"] = sidecar.ConfigMap.Replace("{serviceAccount}", pod.ServiceAccount, StringComparison.Ordinal) } }]);
            Put(patch, pod.Spec, "initContainers", first: true, [Sidecar(sidecar)]);
            foreach (var (container, at) in pod.Spec.Items("containers").Select((c, at) => (c, at)))
            {
                if (container.Items("volumeMounts").All(m => m.Text("mountPath") != CredentialsPath))
                    Put(patch, container, "volumeMounts", first: false, [new JsonObject { ["name"] = Credentials, ["mountPath"] = CredentialsPath, ["readOnly"] = true }], $"/spec/containers/{at}");
            }
        }

        Put(patch, pod.Spec, "volumes", first: false, [.. volumes.Where(v => pod.Spec.Items("volumes").All(there => there.Text("name") != (string)v["name"]!))]);
        return patch;
    }

    /// <summary>Whether the pod has the token that only it can show, and under the volume's name nothing else.</summary>
    public static bool HasToken(PodRead pod, string audience) =>
        pod.Spec.Items("volumes").Any(v => v.Text("name") == TokenVolume && v.Object("projected") is { } projected && projected.Items("sources").ToList() is [var only]
            && only.Object("serviceAccountToken") is { } token && token.Text("audience") == audience && token.Text("path") == "token");

    private static void Put(JsonArray patch, JsonElement of, string list, bool first, IReadOnlyList<JsonObject> added, string at = "/spec")
    {
        if (added.Count == 0) return;
        if (!of.TryGetProperty(list, out var there) || there.ValueKind != JsonValueKind.Array) patch.Add(Add($"{at}/{list}", new JsonArray([.. added])));
        else foreach (var one in added) patch.Add(Add($"{at}/{list}/{(first ? "0" : "-")}", one));
    }

    private static JsonObject Add(string path, JsonNode value) => new() { ["op"] = "add", ["path"] = path, ["value"] = value };

    private static JsonObject Token(string audience) => new()
    {
        ["name"] = TokenVolume,
        ["projected"] = new JsonObject
        {
            ["defaultMode"] = 288,
            ["sources"] = new JsonArray(new JsonObject { ["serviceAccountToken"] = new JsonObject { ["audience"] = audience, ["expirationSeconds"] = TokenSeconds, ["path"] = "token" } }),
        },
    };

    private static JsonObject Memory(string name) => new() { ["name"] = name, ["emptyDir"] = new JsonObject { ["medium"] = "Memory", ["sizeLimit"] = "1Mi" } };

    /// <summary>An init container that stays: the pod's own containers begin once it is ready, and it ends after them.</summary>
    private static JsonObject Sidecar(SidecarOptions options) => new()
    {
        ["name"] = SidecarName,
        ["image"] = options.Image,
        ["restartPolicy"] = "Always",
        ["command"] = new JsonArray("/app/sidecar/credbroker-sidecar", "serve", "--config", "/etc/credbroker/sidecar.json"),
        ["env"] = new JsonArray(new JsonObject { ["name"] = "DOTNET_EnableDiagnostics", ["value"] = "0" }),
        ["startupProbe"] = new JsonObject
        {
            ["exec"] = new JsonObject { ["command"] = new JsonArray("/app/sidecar/credbroker-sidecar", "ready") }, ["periodSeconds"] = 1, ["failureThreshold"] = options.StartupSeconds,
        },
        ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "64Mi" }, ["limits"] = new JsonObject { ["memory"] = options.Memory } },
        ["securityContext"] = new JsonObject
        {
            ["allowPrivilegeEscalation"] = false, ["readOnlyRootFilesystem"] = true, ["runAsNonRoot"] = true, ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        },
        ["volumeMounts"] = new JsonArray(
            new JsonObject { ["name"] = Credentials, ["mountPath"] = CredentialsPath },
            new JsonObject { ["name"] = TokenVolume, ["mountPath"] = TokenPath, ["readOnly"] = true },
            new JsonObject { ["name"] = Configuration, ["mountPath"] = "/etc/credbroker", ["readOnly"] = true },
            new JsonObject { ["name"] = Temporary, ["mountPath"] = "/tmp" }),
    };
}
