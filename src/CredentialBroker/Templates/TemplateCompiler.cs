using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Backends;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Templates.Documents;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Templates;

/// <summary>Compiles template documents. Nothing that has a mistake becomes a template, and every mistake is reported at once.</summary>
internal sealed class TemplateCompiler
{
    private static readonly TimeSpan LongestReview = TimeSpan.FromDays(90);
    private static readonly TimeSpan ShortestTtl = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Backend> _backends;
    private readonly Shape.Section _shape;
    private readonly TemplateLimits _limits;
    private readonly TimeProvider _clock;

    /// <summary>Refuses two backends of one name.</summary>
    public TemplateCompiler(IEnumerable<Backend> backends, TemplateLimits limits, TimeProvider clock)
    {
        _backends = backends.ToDictionary(backend => backend.Name, StringComparer.Ordinal);
        _shape = TemplateShape.For([.. _backends.Keys.Order(StringComparer.Ordinal)]);
        _limits = limits;
        _clock = clock;
    }

    /// <param name="text">One YAML or JSON document.</param>
    /// <param name="mistakes">Takes every mistake; begun for this document.</param>
    /// <returns>Null when there is any mistake.</returns>
    public CompiledTemplate? Compile(string text, Mistakes mistakes)
    {
        if (YamlGate.Read(text, mistakes) is not { } root) return null;
        var found = ShapeReader.Read(root, _shape, mistakes);
        CheckWorkloads(found, mistakes);
        CheckTimes(found, mistakes);
        CheckQuarantine(found, mistakes);
        CheckVelocity(found, mistakes);
        CheckLegacy(found, mistakes);
        var grant = CompileBackend(found, mistakes, out var backend);
        return mistakes.Any || grant is null || backend is null ? null : Build(found, text, backend, grant);
    }

    /// <summary>Name of a text: its SHA-256.</summary>
    public static string RevisionOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static void CheckWorkloads(Found found, Mistakes mistakes)
    {
        foreach (var workload in found.List("match.workloads"))
        {
            if (WorkloadRules.Refuse(workload.Is) is { } reason) mistakes.Add(workload.At, workload.Path, reason);
        }
    }

    private void CheckTimes(Found found, Mistakes mistakes)
    {
        var ttl = found.Get<TimeSpan>("ttl");
        var maxTtl = found.Get<TimeSpan>("maxTtl");
        var residual = found.Get<TimeSpan>("maxResidual");
        Bounded(ttl, ShortestTtl, _limits.Ttl, "one credential's life (R22)");
        Bounded(maxTtl, ShortestTtl, _limits.MaxTtl, "a lease's life (R22)");
        Bounded(residual, TimeSpan.Zero, _limits.MaxTtl, "what outlives a lease");
        if (ttl is not null && maxTtl?.Is < ttl.Is) mistakes.Add(maxTtl.At, maxTtl.Path, "maxTtl is at least ttl");

        void Bounded(Value<TimeSpan>? value, TimeSpan least, TimeSpan most, string what)
        {
            if (value is null || (value.Is >= least && value.Is <= most)) return;
            mistakes.Add(value.At, value.Path, $"{what} is from {Durations.Format(least)} to {Durations.Format(most)}");
        }
    }

    private static void CheckQuarantine(Found found, Mistakes mistakes)
    {
        if (found.Get<string>("quarantine.template") is { } quarantine && quarantine.Is == found.Get<string>("metadata.name")?.Is)
        {
            mistakes.Add(quarantine.At, quarantine.Path, "a template is not its own quarantine");
        }
    }

    private static void CheckVelocity(Found found, Mistakes mistakes)
    {
        if (found.Get<TimeSpan>("velocity.per") is not { } per) return;
        if (per.Is < TimeSpan.FromSeconds(1) || per.Is > TimeSpan.FromHours(1)) mistakes.Add(per.At, per.Path, "leases are counted in 1s to 1h");
        if (found.Get<TimeSpan>("velocity.freeze") is { } freeze && (freeze.Is < TimeSpan.FromSeconds(1) || freeze.Is > TimeSpan.FromHours(24))) mistakes.Add(freeze.At, freeze.Path, "claims are frozen for 1s to 24h");
        if (found.Get<int>("velocity.workload") is null && found.Get<int>("velocity.intent") is null && found.Get<int>("velocity.owner") is null)
        {
            mistakes.Add(per.At, per.Path, "velocity bounds nothing: say how many leases for a workload, an intent or an owner");
        }
    }

    /// <summary>The day is one, and near enough that somebody looks again; a day that passed is policy's to refuse.</summary>
    private void CheckLegacy(Found found, Mistakes mistakes)
    {
        if (found.Get<string>("legacy.reviewBy") is not { } review) return;
        if (Day(review.Is) is not { } day) mistakes.Add(review.At, review.Path, "no such day");
        else if (day > _clock.GetUtcNow() + LongestReview) mistakes.Add(review.At, review.Path, $"controls are looked at again within {LongestReview.TotalDays:0} days (R32)");
    }

    private static DateTimeOffset? Day(string text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day) ? day : null;

    private Grant? CompileBackend(Found found, Mistakes mistakes, out Backend? backend)
    {
        backend = null;
        if (found.Get<string>("backend") is not { } name || found.Get<YamlMappingNode>($"backend.{name.Is}") is not { } section) return null;
        backend = _backends[name.Is];
        var grant = backend.Compile(section.Is, mistakes);
        if (grant is null && !mistakes.Any) mistakes.Add(section.At, section.Path, "the backend refuses this section");
        if (grant is not null && found.Get<TimeSpan>("maxResidual")?.Is is var residual && (residual ?? TimeSpan.Zero) < grant.Outlives)
            mistakes.Add(section.At, "maxResidual", $"what {section.Path} hands out may live on for {Durations.Format(grant.Outlives)} after its lease, whatever is done; maxResidual must be at least that");
        return grant;
    }

    private static CompiledTemplate Build(Found found, string text, Backend backend, Grant grant) => new()
    {
        Name = found.The<string>("metadata.name"),
        Environment = found.The<string>("metadata.environment"),
        Revision = RevisionOf(text),
        Owners = new Owners(found.The<string>("owners.runtime"), found.The<string>("owners.policy"), found.The<string>("owners.operator")),
        Workloads = [.. found.List("match.workloads").Select(workload => new WorkloadPattern(workload.Is))],
        ApprovalSources = [.. found.List("match.approvals.sources").Select(source => source.Is)],
        Tier = found.The<string>("tier"),
        Ttl = Ms(found.The<TimeSpan>("ttl")),
        MaxTtl = Ms((found.Get<TimeSpan>("maxTtl") ?? found.Get<TimeSpan>("ttl"))!.Is),
        MaxResidual = Ms(found.The<TimeSpan>("maxResidual")),
        ConcurrentLeases = found.The<int>("concurrentLeases"),
        IntentRequired = found.The<string>("intent") == "required",
        OneTimeEvidence = found.The<bool>("evidence.oneTime"),
        MinStrength = found.The<int>("evidence.minStrength"),
        MaxDelegation = found.The<int>("evidence.maxDelegation"),
        Velocity = found.Get<TimeSpan>("velocity.per") is { } per
            ? new Velocity(Ms(per.Is), found.Get<int>("velocity.workload")?.Is, found.Get<int>("velocity.intent")?.Is, found.Get<int>("velocity.owner")?.Is, Ms(found.The<TimeSpan>("velocity.freeze")))
            : null,
        Image = found.Get<bool>("requires.image.digest") is { } digest ? new ImageDemand(digest.Is, [.. found.List("requires.image.signedBy").Select(signer => signer.Is)]) : null,
        IdentityReviewed = found.Get<string>("requires.identity") is not null,
        Delivery = found.The<string>("delivery.env") == Delivery.Accepted ? new Delivery(Delivery.Accepted) : null,
        Backend = backend,
        Grant = grant,
        Quarantine = found.Get<string>("quarantine.template")?.Is,
        Legacy = found.Get<string>("legacy.reviewBy") is { } review
            ? new LegacyControls(
                found.The<string>("legacy.networkIsolation"), found.The<string>("legacy.pam"), found.The<string>("legacy.monitoring"), found.The<string>("legacy.owner"),
                Day(review.Is)!.Value.ToUnixTimeMilliseconds())
            : null,
        Source = text,
    };

    private static long Ms(TimeSpan duration) => (long)duration.TotalMilliseconds;
}
