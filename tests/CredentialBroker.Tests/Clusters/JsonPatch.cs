using System.Globalization;
using System.Text.Json.Nodes;

namespace CredentialBroker.Clusters;

/// <summary>As much of RFC 6902 as the API server is sent here: adding.</summary>
internal static class JsonPatch
{
    public static JsonObject Apply(JsonObject to, JsonArray patch)
    {
        var patched = (JsonObject)to.DeepClone();
        foreach (var step in patch.Cast<JsonObject>())
        {
            Assert.Equal("add", (string)step["op"]!);
            var path = ((string)step["path"]!).Split('/')[1..].Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToList();
            JsonNode at = patched;
            foreach (var part in path[..^1]) at = (at is JsonArray list ? list[int.Parse(part, CultureInfo.InvariantCulture)] : at[part]) ?? throw new InvalidOperationException($"nothing at {(string)step["path"]!}");
            var value = step["value"]!.DeepClone();
            if (at is JsonArray items)
            {
                if (path[^1] == "-") items.Add(value);
                else items.Insert(int.Parse(path[^1], CultureInfo.InvariantCulture), value);
            }
            else at[path[^1]] = value;
        }

        return patched;
    }
}
