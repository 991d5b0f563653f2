using System.Text.Json;
using CredentialBroker.Clusters;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>What is done about one kind of object: everything there is, then every change, in order. After a gap it begins anew.</summary>
internal interface IClusterChanges
{
    ResourceKind Kind { get; }

    /// <summary>A list is about to be asked for.</summary>
    Task BeginAsync(CancellationToken cancel);

    Task ListedAsync(IReadOnlyList<JsonElement> page, CancellationToken cancel);

    /// <summary>That was all of it.</summary>
    Task CompleteAsync(CancellationToken cancel);

    Task ChangedAsync(IReadOnlyList<WatchEvent> changes, CancellationToken cancel);

    /// <summary>Each second, for what only time brings.</summary>
    Task TickAsync(CancellationToken cancel) => Task.CompletedTask;
}
