using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Gcp;

/// <summary>What a token may reach at the most: one bucket with some roles, and objects whose names begin alike.</summary>
/// <param name="Prefix">Null for every object of the bucket.</param>
internal sealed record AccessBoundary(string Bucket, IReadOnlyList<string> Roles, string? Prefix)
{
    public string Resource => $"//storage.googleapis.com/projects/_/buckets/{Bucket}";

    /// <summary>Up to ten rules, of which one is enough; at most 2048 characters, which names of this length keep.</summary>
    public JsonObject Options()
    {
        var rule = new JsonObject { ["availableResource"] = Resource, ["availablePermissions"] = new JsonArray([.. Roles.Select(role => (JsonNode)$"inRole:{role}")]) };
        if (Prefix is not null)
        {
            // A listing has no object; it is bounded by the prefix that it asks for.
            rule["availabilityCondition"] = new JsonObject
            {
                ["title"] = "prefix",
                ["expression"] = $"resource.name.startsWith('projects/_/buckets/{Bucket}/objects/{Prefix}') || api.getAttribute('storage.googleapis.com/objectListPrefix', '').startsWith('{Prefix}')",
            };
        }

        return new JsonObject { ["accessBoundary"] = new JsonObject { ["accessBoundaryRules"] = new JsonArray(rule) } };
    }
}

/// <summary>One named choice: its parameters' types, and the boundary it sets.</summary>
internal sealed record BoundaryScope(NamedScope Named, AccessBoundary Boundary);
