using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>Of all replicas one watches a cluster. It says every two seconds that it still does; one that falls silent is relieved.</summary>
internal sealed class ClusterPlaces(Journal journal, TimeProvider clock)
{
    private const long TurnMs = 6_000;

    public static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    /// <summary>Takes or keeps the place.</summary>
    /// <returns>False while another replica has it.</returns>
    public async Task<bool> TakeAsync(string cluster)
    {
        var (taken, now) = (false, clock.NowMs());
        await journal.CommitAsync(Lane.Control, new PlainWrite(new Statement(
            """
            INSERT INTO cluster_watches (cluster, owner, owner_until) VALUES (@cluster, @self, @until)
            ON CONFLICT (cluster) DO UPDATE SET owner = @self, owner_until = @until WHERE cluster_watches.owner = @self OR cluster_watches.owner_until <= @now
            RETURNING cluster
            """)
        {
            Values = [("cluster", cluster), ("self", journal.Writer), ("until", now + TurnMs), ("now", now)],
            Row = _ => taken = true,
        }));
        return taken;
    }

    /// <summary>Lets another replica take it at once.</summary>
    public Task LeaveAsync(string cluster) => journal.CommitAsync(Lane.Control, new PlainWrite(
        "UPDATE cluster_watches SET owner_until = 0 WHERE cluster = @cluster AND owner = @self", ("cluster", cluster), ("self", journal.Writer)));
}
