using System.Text.Json;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Clusters;

/// <summary>The status of a TokenReview, as it was told.</summary>
/// <param name="Extra">Each of a list with one text, such as <c>authentication.kubernetes.io/pod-uid</c>.</param>
internal sealed record TokenStatus(bool Authenticated, string? Error, IReadOnlyList<string> Audiences, string? Name, string? Uid, IReadOnlyDictionary<string, string> Extra)
{
    public string? PodUid => Extra.GetValueOrDefault("authentication.kubernetes.io/pod-uid");

    public static TokenStatus Of(JsonElement status)
    {
        var user = status.Object("user");
        var extra = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in user?.Object("extra")?.EnumerateObject() ?? default)
        {
            if (member.Value.ValueKind == JsonValueKind.Array && member.Value.GetArrayLength() == 1 && member.Value[0].ValueKind == JsonValueKind.String) extra[member.Name] = member.Value[0].GetString()!;
        }

        return new TokenStatus(status.Truth("authenticated"), status.Text("error"), status.Texts("audiences") ?? [], user?.Text("username"), user?.Text("uid"), extra);
    }
}
