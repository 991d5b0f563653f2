using System.Globalization;
using System.Text.Json;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.GitHub;

/// <summary>A token as GitHub made it.</summary>
internal sealed record InstallationToken(string Token, DateTimeOffset Expires)
{
    /// <summary>Longer than any of GitHub's, and short enough to be sealed into a handle.</summary>
    private const int Longest = 1200;

    /// <summary>What GitHub documents as a token's life.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <summary>The token, where there is one at all; and in a few words what is wrong with it.</summary>
    public static (InstallationToken? Token, string? Wrong) Read(WireAnswer answer, GitHubAccess access, IReadOnlyDictionary<string, long> known)
    {
        if (answer.Json is not { } json || json.Text("token") is not { Length: <= Longest } token || token.Any(c => c is <= ' ' or > '~')
            || !DateTimeOffset.TryParseExact(json.Text("expires_at"), "yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires))
            return (null, "the answer has no token, or no expiry");
        var made = new InstallationToken(token, expires);
        if (json.Object("permissions") is not { } permissions) return (made, "the answer does not say what the token may do");
        if (permissions.EnumerateObject().Any(one => !Covers(access, one.Name, one.Value))) return (made, "the token may do more than was asked");
        if (access.Permissions.Any(one => permissions.Text(one.Key) != one.Value)) return (made, "the token may do less than was asked");
        if (json.Text("repository_selection") != "selected" || !json.TryGetProperty("repositories", out var repositories) || repositories.ValueKind != JsonValueKind.Array) return (made, "the token is not for named repositories");
        var given = repositories.EnumerateArray().Select(one => one.ValueKind == JsonValueKind.Object ? one.Seconds("id") ?? 0 : 0).ToHashSet();
        return given.SetEquals(access.Repositories.Select(name => known[name])) ? (made, null) : (made, "the token is for other repositories than was asked");
    }

    private static bool Covers(GitHubAccess access, string name, JsonElement level)
    {
        var given = level.ValueKind == JsonValueKind.String ? GitHubNames.LevelOf(level.GetString()) : 0;
        return given > 0 && given <= GitHubNames.LevelOf(access.Permissions.GetValueOrDefault(name, name == GitHubNames.Implied ? "read" : ""));
    }
}
