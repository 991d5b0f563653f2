using CredentialBroker.Backends;
using CredentialBroker.Issuance;
using CredentialBroker.Storage;
using CredentialBroker.Templates;

namespace CredentialBroker.Proofs;

/// <summary>
/// Each quarter minute: begins a canary for every template whose turn it is. Those whose credential names nothing to be
/// used for, those that need an intent, and those whose credential nothing ends have none: <c>template plan</c> tells.
/// </summary>
internal sealed class ProofJob(Rulebook rulebook, Rounds rounds, Canaries canaries, Proof proof, ProofRuns runs, ProofOptions options, ProofLog log) : LocalJob(log.Failed)
{
    private const string By = "schedule";

    public override async Task RunAsync(CancellationToken cancel)
    {
        if (options.Every == TimeSpan.Zero) return;
        var templates = (await rulebook.ReadAsync(cancel)).Templates.All.Where(template => template is { IntentRequired: false, Grant.CanBeUsed: true, Revocability: not Protocol.Revocability.ExpiryOnly }).ToDictionary(template => $"proof/{template.Name}");
        foreach (var name in await rounds.DueAsync(templates.Keys, options.Every, cancel))
        {
            if (!runs.HasRoom) return;
            if (!runs.Runs(name) && await rounds.TakeAsync(name, options.Every)) runs.Start(name, stop => ProveAsync(templates[name], stop));
        }
    }

    private async Task ProveAsync(CompiledTemplate template, CancellationToken stop)
    {
        var canary = await canaries.BeginAsync(new CanaryAsk(template, CanaryWorkload.UriOf(template), Intent: null, By), stop);
        if (canary is Canary.Refused refused)
        {
            log.NotMade(template.Name, refused.Code, refused.Detail);
            return;
        }

        var live = (Canary.Live)canary;
        var asked = await canaries.EndAsync(live, By);
        if (live.Works == Probe.Dead) log.NotHonoured(template.Name);
        if (live.CanBeProved) await proof.RunAsync(live, asked, stop);
    }
}
