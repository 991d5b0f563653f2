using System.Text.Json;
using CredentialBroker.Node.Approving;
using CredentialBroker.Node.Reading;
using CredentialBroker.Node.Telling;
using CredentialBroker.Node.Trust;
using CredentialBroker.Protocol.Hosts;

namespace CredentialBroker.Node.Engine;

/// <summary>
/// Follows the engine's events, each only a reason to look at the one container that it names; after every gap everything
/// that is bound is looked at. An engine that comes back is tested anew: it may be another.
/// </summary>
internal sealed class Watch(EngineClient engine, Containers containers, Approver approver, SelfTest test, HostTrust trust, Ledger ledger, Say say, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly string[] Ends = ["die", "destroy", "kill", "stop", "oom"];
    private long? _last;

    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await test.RunAsync(cancel);
                using var events = await engine.EventsAsync(_last, cancel);
                // The stream is open before everything is looked at, so that what ends in between is heard.
                await LookAtAllAsync(cancel);
                while (await events.NextAsync(cancel) is { } one) await HearAsync(one, cancel);
                throw new EngineException("it ended its events");
            }
            catch (Exception fault) when (fault is EngineException or JsonException or UnreadableException or IOException)
            {
                say.Line($"the engine is lost: {fault.Message}");
                trust.Lost();
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Pause, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Looks at everything that is bound, and at everything that runs and is not.</summary>
    public async Task LookAtAllAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var bound in containers.All) await approver.EndAsync(bound.Id, now - Grace, cancel);
        foreach (var id in await engine.RunningAsync(cancel)) TellUnapproved(id);
    }

    /// <summary>The gate let a run begin and the engine is about to: not running yet is no end.</summary>
    private const long Grace = 30_000;

    private async Task HearAsync(EngineEvent one, CancellationToken cancel)
    {
        _last = Math.Max(_last ?? 0, one.At);
        if (!Containers.IsId(one.Id)) return;
        if (one.What == "start") TellUnapproved(one.Id);
        else if (Ends.Contains(one.What, StringComparer.Ordinal)) await approver.EndAsync(one.Id, one.At / 1_000_000, cancel);
    }

    private void TellUnapproved(string id)
    {
        if (containers.Find(id) is { IsApproved: true }) return;
        say.Line($"container {id[..12]} runs without an approval; it gets no evidence");
        ledger.Tell(new ContainerRecord("unapproved", clock.GetUtcNow(), false, "", Container: id, Code: Refusals.Unbound));
    }
}
