using System.Text.Json.Nodes;

namespace CredentialBroker.Approvals;

/// <summary>Approval documents as sources write them; tests change one thing at a time.</summary>
internal static class Documents
{
    public static JsonObject Approved(string reference, params (string Name, JsonNode? Value)[] changes)
    {
        var approval = new JsonObject
        {
            ["ref"] = reference,
            ["effect"] = "approved",
            ["environment"] = "prod",
            ["templates"] = new JsonArray("orders-read"),
            ["workload"] = "k8s://prod-eu/shop/checkout",
            ["instance"] = "pod-1",
            ["facts"] = new JsonObject { ["serviceAccountUid"] = "uid-1" },
            ["task"] = "nightly",
            ["tier"] = "standard",
            ["intent"] = new JsonObject
            {
                ["scopes"] = new JsonArray("read"),
                ["parameters"] = new JsonObject { ["region"] = "eu" },
                ["purpose"] = "CHG-1042",
            },
            ["requester"] = "alice",
            ["approvers"] = new JsonArray("bob"),
            ["maxUses"] = 2,
        };
        foreach (var (name, value) in changes)
        {
            approval.Remove(name);
            if (value is not null) approval[name] = value;
        }

        return approval;
    }

    public static JsonObject Stop(string effect, string reference) => new() { ["effect"] = effect, ["ref"] = reference };

    public static JsonObject Finished(string task) => new() { ["effect"] = "task_finished", ["task"] = task };
}
