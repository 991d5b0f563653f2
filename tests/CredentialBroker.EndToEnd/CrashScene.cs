using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>A target, and a broker that makes credentials there.</summary>
/// <param name="Folder">The broker's; kept until the run is over.</param>
/// <param name="Template">Called <c>orders</c>; the same text, or another for each kill, by its number.</param>
/// <param name="AtTarget">Ids of the leases for which there is something at the target.</param>
internal sealed record CrashScene(Action<JsonObject, SceneFolder> Configure, Func<int, string> Template, Func<Task<List<string>>> AtTarget)
{
    public CrashScene(Action<JsonObject> configure, string template, Func<List<string>> atTarget)
        : this((configuration, _) => configure(configuration), _ => template, () => Task.FromResult(atTarget())) { }

    /// <summary>Connection string of a PostgreSQL database, or null for SQLite.</summary>
    public string? Store { get; init; }

    /// <summary>What a broker that has just started is left time for before anybody claims.</summary>
    public Func<Task> Ready { get; init; } = () => Task.CompletedTask;
}
