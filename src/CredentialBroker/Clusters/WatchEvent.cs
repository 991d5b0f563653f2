using System.Text.Json;

namespace CredentialBroker.Clusters;

internal enum ChangeKind
{
    /// <summary>Added or modified: watches that begin anew tell the one for the other.</summary>
    Seen,
    Deleted,
    /// <summary>Nothing changed; only the version moved.</summary>
    Bookmark,
}

/// <summary>One event of a watch.</summary>
/// <param name="Version">Resource version to go on from.</param>
internal sealed record WatchEvent(ChangeKind Kind, JsonElement Object, string Version);

/// <summary>One page of a list, as of one version.</summary>
internal sealed record ListPage(IReadOnlyList<JsonElement> Items, string Version, string Continue);
