using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;
using CredentialBroker.Templates;

namespace CredentialBroker.Tests.Policy;

public sealed class PolicyPropertyTests
{
    private const int Rounds = 100_000;

    [Fact]
    public void A_grant_means_that_every_clause_holds_and_no_bound_is_passed()
    {
        var random = new Random(1105);
        var granted = 0;
        var failed = new HashSet<string>();
        for (var i = 0; i < Rounds; i++)
        {
            var facts = Random(random);
            var clauses = PolicyRules.Explain(facts);
            switch (PolicyRules.Decide(facts))
            {
                case Decision.Granted grant:
                    granted++;
                    Assert.All(clauses, clause => Assert.True(clause.Holds, clause.Name));
                    Assert.True(grant.EndsAt >= facts.Now + 1000);
                    Assert.True(grant.EndsAt <= facts.Now + (facts.Ask.Ttl ?? facts.Template!.Ttl));
                    Assert.True(grant.EndsAt <= facts.Approval!.ValidUntil);
                    Assert.True(grant.EndsAt <= grant.MaxEndsAt);
                    Assert.Equal(Math.Min(facts.Renews?.MaxEndsAt ?? facts.Now + (facts.Claimed is null ? facts.Template!.MaxTtl : facts.Template!.Ttl), facts.Exception?.EndsAt ?? long.MaxValue), grant.MaxEndsAt);
                    break;
                case Decision.Refused refused:
                    Assert.Equal(refused.Clause, clauses.First(clause => clause.Holds == false).Name);
                    failed.Add(refused.Clause);
                    break;
            }
        }

        Assert.True(granted > Rounds / 200, $"only {granted} grants");
        Assert.Empty(Clauses.All.Select(clause => clause.Name).Except(failed));
    }

    [Fact]
    public void Clauses_have_names_of_their_own()
    {
        Assert.Equal(Clauses.All.Count, Clauses.All.Select(clause => clause.Name).Distinct().Count());
        Assert.All(Clauses.All, clause => Assert.Matches("^[a-z_]+$", clause.Name));
    }

    /// <summary>A good claim in which each fact has a small chance of being another one, good or bad.</summary>
    private static Facts Random(Random random)
    {
        var facts = random.Next(3) == 0 ? ClauseTests.Renewal() : Some.Facts();
        var template = facts.Template! with
        {
            Tier = Mostly("standard", "low", "critical"),
            Ttl = Mostly(15 * The.Minute, The.Minute, 5000),
            MaxTtl = Mostly(4 * The.Hour, 15 * The.Minute),
            MinStrength = Mostly(2, 0, 4),
            MaxDelegation = Mostly(1, 0, 8),
            OneTimeEvidence = Mostly(false, true),
            IdentityReviewed = Mostly(false, true),
            IntentRequired = Mostly(false, true),
            Workloads = [new WorkloadPattern(Mostly(The.Uri, "k8s://prod-eu/shop/cart"))],
            ApprovalSources = [Mostly("gate", "ci")],
            Image = Mostly<ImageDemand?>(null, new ImageDemand(true, [])),
            Legacy = Mostly<LegacyControls?>(null, Some.Legacy(The.Now - 1), Some.Legacy(The.Now + 1)),
        };
        var approval = facts.Approval! with
        {
            State = Mostly(facts.Approval.State, Enum.GetValues<ApprovalState>()),
            Environment = Mostly("prod", "staging"),
            Templates = [Mostly("orders-read", "other")],
            WorkloadUri = Mostly(The.Uri, "k8s://prod-eu/shop/cart"),
            Instance = Mostly(The.Instance, null, "pod-uid-2"),
            Nonce = Mostly(null, "n-1"),
            Binding = Mostly(Binding.Exact, Binding.Nonce, Binding.FirstClaim),
            Facts = Mostly(facts.Approval.Facts, new Dictionary<string, string> { ["pod"] = "checkout-2" }),
            Image = Mostly<ImageFacts?>(null, new ImageFacts("registry.example/shop:1", "unsigned")),
            Tier = Mostly("standard", "low", "critical", "privileged"),
            Circumstances = Mostly(Circumstances.None, new Circumstances { RiskClass = "autonomous", Owner = "team-agents" }, new Circumstances { HostResources = ["privileged"], Posture = "p", Ticket = "t" }),
            Intent = Mostly(null, new Intent(["read"]), new Intent(["drop"])),
            NotBefore = Mostly<long?>(null, The.Now - 1, The.Now + 1),
            ClaimBy = The.Now + Mostly(The.Minute, -1, 0, 1),
            ValidUntil = The.Now + Mostly(The.Hour, -1, 0, 500, 1000, 2 * The.Minute),
            MaxUses = Mostly(2, 1, 0),
            Uses = Mostly(facts.Approval.Uses, 0, 1, 2),
            BoundToCaller = Mostly(facts.Approval.BoundToCaller, true, false),
        };
        return facts with
        {
            Template = Mostly(template, (CompiledTemplate?)null),
            Approval = Mostly(approval, (Approval?)null),
            Workload = facts.Workload with { Strength = Mostly(3, 0, 1, 5), ActChain = Mostly<string[]>([], ["a"], ["a", "b"]), Reuse = Mostly(EvidenceReuse.TemplateDecides, EvidenceReuse.Never, EvidenceReuse.Always) },
            Ask = new Ask("orders-read", Mostly<long?>(null, 1, 1000, The.Minute, The.Hour), Mostly(null, new Intent(["read"])), Mostly(null, "n-1")),
            Controls = Mostly(Some.Controls(), Some.Controls(Some.Freeze("node=node-1")), Some.Controls(Some.Freeze("node=node-2"))),
            External = Mostly<Verdict>(
                new Verdict.NotAsked(), new Verdict.Allow("1"), new Verdict.Deny("1", "no"), new Verdict.Unavailable("x"), new Verdict.RiskAccepted("x", "r")),
            Renews = facts.Renews is null ? null : Some.Lease() with { Instance = Mostly(The.Instance, "pod-uid-2"), MaxEndsAt = The.Now + Mostly(The.Hour, 0, 500) },
            TaskEnded = Mostly(false, true),
            Exception = Mostly(null, Some.Exception(), Some.Exception() with { EndsAt = The.Now - 1 }),
            Held = Mostly<long?>(null, 0, 1),
            Profile = Mostly("standard", "dev", "regulated"),
            Claimed = Mostly<CompiledTemplate?>(null, facts.Template),
        };

        T Mostly<T>(T usual, params T[] others) => random.Next(24) == 0 ? others[random.Next(others.Length)] : usual;
    }
}
