using System.Text.Json.Nodes;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Gate;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Node.Tests.TestInfra;

/// <summary>A container host as its node and its broker are configured.</summary>
internal static class ExampleHost
{
    public const string Host = "host-1", Template = "docker-token", Exception = "old-engine";

    public static NodeOptions OptionsIn(string folder, string broker, string plugin) => new()
    {
        Host = Host, Issuer = "https://host-1.nodes.test", Environment = "test",
        Broker = new BrokerOptions { Address = broker, Audience = Scene.Audience, Beat = TimeSpan.FromSeconds(1) },
        Engine = new EngineOptions { Socket = Path.Combine(folder, "engine.sock"), Exception = new ExceptionOptions { Name = Exception, Until = TimeProvider.System.GetUtcNow().AddHours(1) } },
        Plugin = new PluginOptions { Socket = plugin },
        Attestation = new AttestationOptions { Socket = Path.Combine(folder, "door", "evidence.sock") },
        State = new StateOptions { Folder = Path.Combine(folder, "state") },
        Keys = new KeyOptions { KeyFile = Path.Combine(folder, "state", "key.pem"), JwksFile = Path.Combine(folder, "node.jwks") },
        Callers = new Dictionary<string, CallerOptions>
        {
            ["ci"] = new() { Names = ["ci"], May = ["look", "logs", "run", "attach"], Images = ["t/busybox:1", "absent:*"], HostResources = [$"bind:{Path.Combine(folder, "shared")}*", "capability:NET_BIND_SERVICE"], Templates = [Template] },
            ["admin"] = new() { Uris = ["spiffe://people.test/admin"], May = [.. Enum.GetNames<Act>()], Images = ["*"], HostResources = ["*"], Templates = [Template] },
            ["socket"] = new() { Anonymous = true, May = ["look"] },
        },
    };

    public static void Configure(JsonObject configuration, string jwks)
    {
        var owners = new JsonObject { ["Runtime"] = "team-shop", ["Policy"] = "team-security", ["Operator"] = "team-sre" };
        configuration["TrustSources"]!["Workloads"]![Host] = new JsonObject
        {
            ["Kind"] = "docker", ["Issuer"] = "https://host-1.nodes.test", ["Audience"] = Scene.Audience, ["JwksFile"] = jwks, ["Environments"] = new JsonArray("test"), ["Owners"] = owners.DeepClone(),
        };
        configuration["TrustSources"]!["Approvals"]![Host] = new JsonObject
        {
            ["Issuer"] = "https://host-1.nodes.test", ["Audience"] = Scene.Audience, ["JwksFile"] = jwks, ["Environments"] = new JsonArray("test"), ["Templates"] = new JsonArray(Template), ["MaxTier"] = "privileged", ["Owners"] = owners.DeepClone(),
        };
        configuration["Hosts"] = new JsonObject { ["Sources"] = new JsonObject { [Host] = new JsonObject { ["SilentAfter"] = "00:00:30", ["Exceptions"] = new JsonArray(Exception) } } };
    }

    public static string TemplateFor(string image) =>
        $$"""
        apiVersion: credentialbroker/v1
        kind: IssuanceTemplate
        metadata: { name: {{Template}}, environment: test }
        owners: { runtime: team-shop, policy: team-security, operator: team-sre }
        match:
          workloads: ["docker://{{Host}}/{{image}}"]
          approvals: { sources: [{{Host}}] }
        tier: standard
        ttl: 5m
        maxTtl: 1h
        concurrentLeases: 3
        backend: { signed-token: { target: internal, audience: "https://api.test" } }
        """;
}
