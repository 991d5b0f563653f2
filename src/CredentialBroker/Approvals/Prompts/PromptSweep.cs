using System.Collections.Concurrent;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Prompts;

/// <summary>
/// Looks into prompts until each is settled: by what its source's own state says, by its refusal, or, after a day without
/// an answer, by saying so. As long as a source cannot be asked, nothing is approved and nothing is forgotten.
/// </summary>
internal sealed class PromptSweep(
    IReadOnlyDictionary<string, ApprovalSource> sources, IReadOnlyDictionary<string, ISourceState> states, ApprovalIntake intake, PromptStore prompts, PromptLog log, TimeProvider clock)
{
    private const long FirstWait = 2_000, LongestWait = 5 * 60_000;

    /// <summary>Until when a source's API asked to be left alone, in UTC milliseconds.</summary>
    private readonly ConcurrentDictionary<string, long> _quiet = new(StringComparer.Ordinal);

    /// <summary>Looks into one.</summary>
    /// <returns>False when none was due.</returns>
    public async Task<bool> RunAsync(Func<ApprovalArrived, IReadOnlyList<Work>> alongside, Action arrived, CancellationToken cancel)
    {
        if (states.Count == 0 || await prompts.BeginAsync(cancel) is not { } waiting) return false;
        if (!sources.TryGetValue(waiting.Source, out var source) || !states.TryGetValue(waiting.Source, out var state)) await PutOffAsync(waiting, "the source is not configured", null);
        else if (_quiet.TryGetValue(source.Name, out var until) && until > clock.NowMs()) await prompts.PutOffAsync(waiting.Id, until, "a rate limit");
        else await SettleAsync(waiting, source, await state.LookAsync(waiting.Text, cancel), alongside, arrived, cancel);
        return true;
    }

    private async Task SettleAsync(
        WaitingPrompt waiting, ApprovalSource source, Looked looked, Func<ApprovalArrived, IReadOnlyList<Work>> alongside, Action arrived, CancellationToken cancel)
    {
        var settled = PromptStore.Settle(waiting.Id);
        switch (looked)
        {
            case Looked.Unknown unknown when clock.NowMs() - waiting.ReceivedAt > (long)Limits.Validity.TotalMilliseconds:
                await intake.RejectAsync(source, waiting.Id, new Refusal(ReasonCodes.SourceUnavailable, $"its state could not be read for a day: {unknown.Fault}"), settled);
                break;
            case Looked.Unknown unknown:
                if (unknown.Wait is { } wait) _quiet[source.Name] = clock.NowMs() + (long)wait.TotalMilliseconds;
                await PutOffAsync(waiting, unknown.Fault, unknown.Wait);
                break;
            case Looked.Refuses refuses:
                await intake.RejectAsync(source, waiting.Id, refuses.Refusal, settled);
                break;
            case Looked.Nothing:
                await intake.SettleAsync(settled);
                break;
            case Looked.Says says:
                // Its id is the event's, so that a replica that comes late cannot settle it a second time.
                var keep = clock.NowMs() + (long)Limits.Validity.TotalMilliseconds;
                var answer = await intake.TakeAsync(source, new Verified.As([$"prompt:{waiting.Id}"], keep, says.Document), alongside, [settled], cancel);
                if (answer is ApprovalAnswer.Accepted) arrived();
                break;
            default:
                throw new InvalidOperationException($"no outcome for {looked.GetType().Name}");
        }
    }

    private async Task PutOffAsync(WaitingPrompt waiting, string fault, TimeSpan? wait)
    {
        log.PutOff(waiting.Source, fault, waiting.Attempts);
        var backoff = Math.Min(LongestWait, FirstWait << (int)Math.Min(waiting.Attempts - 1, 10));
        await prompts.PutOffAsync(waiting.Id, clock.NowMs() + (long)(wait?.TotalMilliseconds ?? backoff), fault);
    }
}

internal sealed partial class PromptLog(ILogger<PromptLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Approval source {Source}: its state cannot be read ({Fault}); attempt {Attempt}, the next one follows")]
    public partial void PutOff(string source, string fault, long attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking into prompts failed; the next time is in a second")]
    public partial void SweepFailed(Exception error);
}
