using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Azure;

/// <summary>A secret of an application, as Graph tells of it; its text is told once, by the call that makes it.</summary>
internal sealed record GraphPassword(string KeyId, string? Name, long EndsAt, string? Text)
{
    public override string ToString() => $"[secret {KeyId}]";

    public static GraphPassword? Read(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.Text("keyId") is { } key && AzureNames.IsGuid(key)
        && DateTimeOffset.TryParse(json.Text("endDateTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end)
            ? new GraphPassword(key, json.Text("displayName"), end.ToUnixTimeMilliseconds(), json.Text("secretText"))
            : null;
}

/// <summary>The three calls of Graph that secrets take; applications are addressed by the id that tokens name.</summary>
internal static class GraphPasswords
{
    /// <summary>Null where the application does not exist.</summary>
    public static async ValueTask<IReadOnlyList<GraphPassword>?> PasswordsAsync(this AzureHttp graph, string application, CancellationToken cancel)
    {
        var answer = await graph.SendAsync(HttpMethod.Get, $"/v1.0/applications(appId='{application}')?$select=appId,passwordCredentials", null, cancel);
        if (answer.Status == HttpStatusCode.NotFound) return null;
        if (answer.Status != HttpStatusCode.OK || answer.Json is not { } json || !string.Equals(json.Text("appId"), application, StringComparison.OrdinalIgnoreCase)
            || !json.TryGetProperty("passwordCredentials", out var all) || all.ValueKind != JsonValueKind.Array)
            throw AzureErrors.Of(answer, ReasonCodes.EndFailed, "reading the application's secrets");
        // One that cannot be read is somebody else's: the broker's own have all of it.
        return [.. all.EnumerateArray().Select(GraphPassword.Read).OfType<GraphPassword>()];
    }

    /// <summary>What was made, and in a few words why it is not what was asked; null where it is.</summary>
    public static async ValueTask<(GraphPassword? Made, string? Wrong)> AddPasswordAsync(this AzureHttp graph, string application, string name, long endsAt, CancellationToken cancel)
    {
        var end = DateTimeOffset.FromUnixTimeMilliseconds(endsAt).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var answer = await graph.SendAsync(
            HttpMethod.Post, $"/v1.0/applications(appId='{application}')/addPassword", new JsonObject { ["passwordCredential"] = new JsonObject { ["displayName"] = name, ["endDateTime"] = end } }, cancel);
        if (answer.Status != HttpStatusCode.OK || answer.Json is not { } json) throw AzureErrors.Of(answer, ReasonCodes.MintFailed, "adding a secret");
        if (GraphPassword.Read(json) is not { } made) return (null, "the answer names no key, or no end");
        if (made.Name != name) return (made, "it has another name");
        if (made.EndsAt > endsAt) return (made, "it lives longer than was asked");
        return (made, made.Text is null ? "the answer has no secret" : null);
    }

    /// <summary>False where there was none, or no application to have it.</summary>
    public static async ValueTask<bool> RemovePasswordAsync(this AzureHttp graph, string application, string key, CancellationToken cancel)
    {
        var answer = await graph.SendAsync(HttpMethod.Post, $"/v1.0/applications(appId='{application}')/removePassword", new JsonObject { ["keyId"] = key }, cancel);
        if (answer.Status == HttpStatusCode.NoContent) return true;
        // Graph refuses an unknown key with a code that stands for much else; so it is looked up.
        if (answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound
            && (await graph.PasswordsAsync(application, cancel) is not { } left || left.All(one => !string.Equals(one.KeyId, key, StringComparison.OrdinalIgnoreCase))))
            return false;
        throw AzureErrors.Of(answer, ReasonCodes.EndFailed, "removing the lease's secret");
    }
}
