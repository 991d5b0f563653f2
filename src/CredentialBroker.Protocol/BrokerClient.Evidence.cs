using System.Runtime.CompilerServices;
using System.Text;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Protocol;

// Records and what proves them.
public sealed partial class BrokerClient
{
    /// <summary>Reads audit records as they come, without a limit on their number; each stays under 8 MiB.</summary>
    /// <exception cref="InvalidDataException">A line is no record; the message names its number.</exception>
    public async IAsyncEnumerable<AuditLine> ReadAuditAsync(AuditFilter filter, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var query = new BrokerQuery("/v1/audit").With("stream", filter.Stream).With("type", filter.Type).With("lease", filter.Lease)
            .With("since", filter.Since?.ToUnixTimeMilliseconds()).With("tail", filter.Tail);
        using var response = await _exchange.OpenAsync(Request(HttpMethod.Get, query.ToString()), cancel);
        // The time limit is on silence: a long export is no fault, a broker that says nothing more is.
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        await using var lines = AuditLines.ReadAsync(stream, idle.Token).GetAsyncEnumerator(idle.Token);
        while (true)
        {
            idle.CancelAfter(_http.Timeout);
            if (!await _exchange.ReachAsync(() => lines.MoveNextAsync().AsTask(), cancel)) yield break;
            idle.CancelAfter(Timeout.InfiniteTimeSpan);
            yield return lines.Current;
        }
    }

    /// <summary>Copies an export of all evidence, which ends in a signed checkpoint of its own size.</summary>
    /// <param name="to">Takes the text as it comes, see <see cref="ExportVerifier"/>.</param>
    /// <param name="cancel">Ends the copying.</param>
    public async Task CopyEvidenceAsync(Stream to, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        using var response = await _exchange.OpenAsync(Request(HttpMethod.Get, "/v1/audit/export"), cancel);
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var chunk = new byte[128 * 1024];
        while (true)
        {
            idle.CancelAfter(_http.Timeout);
            var read = await _exchange.ReachAsync(() => stream.ReadAsync(chunk, idle.Token).AsTask(), cancel);
            if (read == 0) return;
            idle.CancelAfter(Timeout.InfiniteTimeSpan);
            await to.WriteAsync(chunk.AsMemory(0, read), cancel);
        }
    }

    /// <summary>What the broker can show about a lease, as it is to be kept; see <see cref="BundleVerifier"/>.</summary>
    public Task<byte[]> GetLeaseEvidenceAsync(string id, CancellationToken cancel = default) =>
        _exchange.ReadAsync(Request(HttpMethod.Get, BrokerQuery.Path("/v1/leases", id, "/evidence")), cancel);

    /// <summary>What the broker can show about a period, at most 2000 records.</summary>
    /// <param name="since">Beginning, inclusive.</param>
    /// <param name="until">End, exclusive.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<byte[]> GetPeriodEvidenceAsync(DateTimeOffset since, DateTimeOffset until, CancellationToken cancel = default) =>
        _exchange.ReadAsync(Request(HttpMethod.Get, new BrokerQuery("/v1/audit/evidence").With("since", since.ToUnixTimeMilliseconds()).With("until", until.ToUnixTimeMilliseconds()).ToString()), cancel);

    /// <summary>The newest signed checkpoints.</summary>
    public Task<CheckpointList> ListCheckpointsAsync(int? count = null, CancellationToken cancel = default) =>
        GetAsync(new BrokerQuery("/v1/audit/checkpoints").With("count", count).ToString(), ProtocolJson.Default.CheckpointList, cancel);

    /// <summary>The keys that evidence is verified with, one to a line, see <see cref="VerificationKey"/>.</summary>
    public async Task<string> GetEvidenceKeysAsync(CancellationToken cancel = default) =>
        Encoding.UTF8.GetString(await _exchange.ReadAsync(Request(HttpMethod.Get, "/v1/audit/key"), cancel));
}
