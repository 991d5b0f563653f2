using System.Diagnostics;

namespace CredentialBroker.Storage;

/// <summary>
/// What can be traced. A span carries names, ids and codes that the broker made or an operator configured; never what a
/// caller sent, so that a secret in the wrong place does not travel. Nothing is made while nobody listens.
/// </summary>
internal static class Spans
{
    /// <summary>Name of the one source that is exported.</summary>
    public const string Source = "CredentialBroker";

    private static readonly ActivitySource Activities = new(Source);

    /// <summary>The moments that a unit of work waits for its commit, which become spans when they are over.</summary>
    private static readonly Dictionary<string, string> Commits = new(StringComparer.Ordinal)
    {
        ["intent"] = "intent", ["active"] = "release", ["ended"] = "record end",
    };

    /// <summary>A step of what is under way.</summary>
    public static Activity? Step(string name) => Activities.StartActivity(name);

    /// <summary>An operation of a backend.</summary>
    public static Activity? Operation(string backend, string operation) =>
        Activities.HasListeners() ? Activities.StartActivity($"backend {operation}", ActivityKind.Client)?.SetTag("backend", backend) : null;

    /// <summary>
    /// The beginning of a trace: a request, an end. Goes on with the caller's trace where <paramref name="traceparent"/>
    /// names one (W3C Trace Context); its tracestate and baggage, which may hold anything, are left behind.
    /// </summary>
    public static Activity? Root(string name, string? traceparent = null)
    {
        if (!Activities.HasListeners()) return null;
        // What the framework started for this request is not exported and would be a parent that nobody finds.
        Activity.Current = null;
        return Activities.StartActivity(name, ActivityKind.Server, ActivityContext.TryParse(traceparent, null, isRemote: true, out var parent) ? parent : default);
    }

    /// <summary>Ends with the answer's reason code; <c>ok</c> is a success.</summary>
    public static void Outcome(this Activity? span, string code)
    {
        if (span is null) return;
        span.SetTag("code", code);
        if (code != "ok") span.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>A milestone was reached: <c>x.before</c> is remembered on what is under way, <c>x.after</c> makes the span between them.</summary>
    public static void Reached(string milestone)
    {
        if (Activity.Current is not { IsAllDataRequested: true } current || current.Source != Activities) return;
        var (name, moment) = milestone.Split('.') is [var first, var second] ? (first, second) : (milestone, "");
        if (!Commits.TryGetValue(name, out var span)) return;
        if (moment == "before") current.SetCustomProperty(name, Now());
        else if (current.GetCustomProperty(name) is DateTimeOffset began)
        {
            using var between = Activities.StartActivity(span, ActivityKind.Internal, current.Context, startTime: began);
        }
    }

    /// <summary>The machine's clock, as every span's other end: a trace compares with traces of other machines, not with the store.</summary>
    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}
