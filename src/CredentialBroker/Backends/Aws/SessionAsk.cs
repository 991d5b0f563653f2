using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Aws;

/// <summary>What is asked of STS for a lease, the same for its first session and for those that follow.</summary>
internal sealed class SessionAsk(string brokerId, TimeProvider clock)
{
    private const int LongestTag = 256;

    public string Session(string lease) => SessionNames.SessionOf(brokerId, lease);

    /// <summary>Refuses what comes too late, or lives longer than the template's sessions do.</summary>
    public AwsAsk Of(Order order, string role, IReadOnlyList<AwsStatement> statements)
    {
        var grant = (AwsGrant)order.Grant;
        var now = clock.NowMs();
        if (now > order.Deadline) throw Failed("the deadline of the operation has passed");
        var left = (order.EndsAt - now + 999) / 1000;
        if (left < 1 || order.EndsAt / 1000 * 1000 <= now) throw Failed("the lease ends before its session would begin");
        if (left > grant.Longest) throw Failed("the lease is longer than the template's sessions may be (duration)");
        return new AwsAsk(
            role, Session(order.LeaseId), SessionNames.IdentityOf(brokerId, order.LeaseId), Tags(order),
            SessionPolicy.Render(statements, grant.Policies.Count == 0, DiesBy(order)), grant.Policies, (int)Math.Max(left, AwsGrant.Shortest));
    }

    /// <summary>By its own policy; whole seconds, rounded down.</summary>
    public static long DiesBy(Order order) => order.EndsAt / 1000 * 1000;

    public static Minted MintedOf(AwsConnection aws, Order order, Assumed made)
    {
        var until = DiesBy(order);
        (string, string)[] known = [("lease", order.LeaseId), ("key", made.Session.KeyId), ("until", until.ToString(CultureInfo.InvariantCulture)), ("packed", made.Packed.ToString(CultureInfo.InvariantCulture))];
        var handle = ((AwsGrant)order.Grant).Role is { } role ? Handle.Write(order.Grant.Target, [.. known, ("role", role)]) : Handle.Write(order.Grant.Target, known);
        return new Minted(made.Session.ToSecret(aws.Options.Region, until), until, handle);
    }

    public static BackendException Failed(string detail) => new(AwsBackend.Word, ReasonCodes.MintFailed, detail, transient: false);

    /// <summary>A value that a tag cannot carry is left out; the lease leads to it in any case.</summary>
    private static List<(string Key, string Value)> Tags(Order order) =>
        [.. new[] { (DenyKey.Tag, order.LeaseId), ("task", order.Task), ("template", order.Template) }.Where(tag => tag.Item2.Length is > 0 and <= LongestTag && AwsArn.IsPlain(tag.Item2))];
}
