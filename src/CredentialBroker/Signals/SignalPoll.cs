using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol.Signals;
using CredentialBroker.Storage;

namespace CredentialBroker.Signals;

/// <summary>
/// A receiver that asks (RFC 8936). What it was given and has not acknowledged is given again; its place in the evidence
/// moves past what it acknowledged without a gap.
/// </summary>
internal sealed class SignalPoll(SignalOptions options, KeyRings rings, ExportCursors cursors, EvidenceReader reader, TreeStore tree, TimeProvider clock)
{
    private const int Records = 2000;
    private const int MostEvents = 500;

    /// <returns>Null when there is no such stream.</returns>
    public async Task<PollAnswer?> AskAsync(string name, PollRequest request, CancellationToken cancel)
    {
        if (options.Streams.GetValueOrDefault(name) is not { Kind: SignalStreamOptions.Poll } stream) return null;
        var export = SignalNames.ExportOf(name);
        if (await cursors.TakeAsync(export, (await tree.HeadAsync(cancel)).Absent) is not { } place) throw new StreamBusyException();
        try
        {
            return await AnswerAsync(export, place, new SecurityEvents(rings.Signals, stream.Audience!), request, cancel);
        }
        finally
        {
            // A receiver's next question may reach another replica.
            await cursors.ReleaseAsync(export);
        }
    }

    private async Task<PollAnswer> AnswerAsync(string export, long place, SecurityEvents events, PollRequest request, CancellationToken cancel)
    {
        var head = await tree.HeadAsync(cancel);
        // Records that were dropped before they were wanted are not coming back.
        var from = Math.Max(place, head.Absent);

        // An error that the receiver tells is its last word on that event: to send it again would not mend it.
        var done = new HashSet<string>([.. request.Ack ?? [], .. request.SetErrs?.Keys ?? Enumerable.Empty<string>()], StringComparer.Ordinal);
        var (at, waiting) = (from, new List<Signal>());
        var wanted = Math.Clamp(request.MaxEvents ?? MostEvents, 0, MostEvents);
        var end = Math.Min(head.Size, from + Records);
        await foreach (var record in reader.ReadAsync(from, end, cancel))
        {
            var signal = Signal.Of(record);
            if (waiting.Count == 0 && (signal is null || done.Contains(signal.Id))) at = record.Position + 1;
            else if (signal is not null && !done.Contains(signal.Id)) waiting.Add(signal);
        }

        if (at > place && !await cursors.MoveAsync(export, place, at)) throw new StreamBusyException();
        var now = clock.NowMs();
        var given = waiting.Take(wanted).ToDictionary(signal => signal.Id, signal => events.Sign(signal, now), StringComparer.Ordinal);
        return new PollAnswer(given, MoreAvailable: waiting.Count > given.Count || end < head.Size);
    }
}

/// <summary>Another replica answers this receiver at the moment.</summary>
internal sealed class StreamBusyException() : Exception("another replica is at this stream; ask again");
