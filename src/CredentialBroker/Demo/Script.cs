using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Demo;

/// <summary>What both stories do alike: documents, waiting, and being refused.</summary>
internal static class Script
{
    public static string Template(string name, string backend, string ttl = "5m", string evidence = "") =>
        $$"""
        apiVersion: credentialbroker/v1
        kind: IssuanceTemplate
        metadata: { name: {{name}}, environment: demo }
        owners: { runtime: team-shop, policy: team-security, operator: team-sre }
        match:
          workloads: ["{{Stage.Workload}}"]
          approvals: { sources: [gate] }
        tier: standard
        ttl: {{ttl}}
        maxTtl: 1h
        concurrentLeases: 3
        {{evidence}}
        backend: {{backend}}
        """;

    public static JsonObject Approval(string reference, string template, string pod, string task) => new()
    {
        ["ref"] = reference, ["effect"] = "approved", ["environment"] = "demo", ["templates"] = new JsonArray(template), ["workload"] = Stage.Workload,
        ["instance"] = pod, ["task"] = task, ["tier"] = "standard", ["requester"] = "alice", ["approvers"] = new JsonArray("bob"),
    };

    /// <summary>Demands that the broker refuses, with this very code.</summary>
    public static async Task<string> RefusedAsync(Func<Task> act, string code)
    {
        try
        {
            await act();
        }
        catch (BrokerException refused) when (refused.Problem?.Code == code)
        {
            return $"refused: {(int)refused.Status} {code}{(refused.Problem.Decision is { } decision ? $", decision {decision}" : "")}";
        }

        throw new DemoFailedException($"the broker should have refused with {code}");
    }

    /// <param name="state">What it must come to: ended, or ending for good where nothing ends its credential before its own expiry.</param>
    public static async Task<LeaseView> EndedAsync(BrokerClient client, string lease, string state = "ended")
    {
        for (var i = 0; i < 200; i++)
        {
            var now = await client.GetLeaseAsync(lease);
            if (now.State == state) return now;
            await Task.Delay(50);
        }

        throw new DemoFailedException($"lease {lease} did not end");
    }
}
