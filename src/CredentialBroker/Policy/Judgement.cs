using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Templates;

namespace CredentialBroker.Policy;

/// <summary>A claim while it is judged: its facts, and what follows from them, worked out once.</summary>
internal sealed class Judgement(Facts facts)
{
    private Scoped? _scope;

    public Facts Facts => facts;

    public CompiledTemplate Template => facts.Template ?? throw new InvalidOperationException("a clause judged a template that is not there");

    /// <summary>What was asked for and approved: the template, but in quarantine.</summary>
    public CompiledTemplate Claimed => facts.Claimed ?? Template;

    public Approval Approval => facts.Approval ?? throw new InvalidOperationException("a clause judged an approval that is not there");

    /// <summary>What would be granted: the template's grant, narrowed by what was asked and what was approved (R28).</summary>
    public Scoped Scope => _scope ??= Template.Scope(facts.Ask.Intent, facts.Claimed is null ? facts.Approval?.Intent : null, WorkloadFacts.Of(facts.Workload));

    public Life Life => Life.Of(facts, Template, Approval);

    public bool IsRenewal => facts.Renews is not null;

    /// <summary>At stake is the higher of what template and approval say.</summary>
    public bool IsCritical => Template.Tier == Tiers.Critical || facts.Approval?.Tier == Tiers.Critical;

    /// <summary>A gate saw that what runs is given part of its host; only an approval says so.</summary>
    public bool IsPrivileged => facts.Approval?.Tier == Tiers.Privileged;

    public bool Has(Needs needs) =>
        (!needs.HasFlag(Needs.Template) || facts.Template is not null) && (!needs.HasFlag(Needs.Approval) || facts.Approval is not null);
}
