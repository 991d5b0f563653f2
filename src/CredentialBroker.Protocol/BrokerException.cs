using System.Net;

namespace CredentialBroker.Protocol;

/// <summary>The broker answered, and the answer is no result: a problem, or something this client does not understand.</summary>
public sealed class BrokerException : Exception
{
    /// <summary>Wraps an answer that carried a problem.</summary>
    /// <param name="status">HTTP status of the answer.</param>
    /// <param name="problem">The problem as parsed.</param>
    /// <param name="retryAfter">How long the broker asks to wait before the next try; null when it did not say.</param>
    public BrokerException(HttpStatusCode status, Problem problem, TimeSpan? retryAfter = null)
        : base(problem?.Detail is { } detail ? $"{problem.Code}: {detail}" : problem?.Code)
    {
        ArgumentNullException.ThrowIfNull(problem);
        (Status, Problem, RetryAfter) = (status, problem, retryAfter);
    }

    /// <summary>Wraps an answer that carried no problem this client can read.</summary>
    /// <param name="status">HTTP status of the answer.</param>
    /// <param name="message">What is wrong with it.</param>
    /// <param name="cause">The fault met in reading it, when there was one.</param>
    /// <param name="retryAfter">How long the broker asks to wait before the next try; null when it did not say.</param>
    public BrokerException(HttpStatusCode status, string message, Exception? cause = null, TimeSpan? retryAfter = null)
        : base(message, cause) => (Status, RetryAfter) = (status, retryAfter);

    /// <summary>HTTP status of the answer; a success status when the answer could not be understood.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The problem; null when the answer was not <c>application/problem+json</c>.</summary>
    public Problem? Problem { get; }

    /// <summary>How long the broker asks to wait before the next try.</summary>
    public TimeSpan? RetryAfter { get; }
}

/// <summary>
/// No whole answer came: no connection, a failed TLS handshake, a connection that broke, or a time limit that passed.
/// Whether the request had an effect is unknown; claims are repeated with the same idempotency key.
/// </summary>
/// <param name="message">What happened, naming the broker's address.</param>
/// <param name="cause">The fault beneath.</param>
public sealed class BrokerUnreachableException(string message, Exception? cause = null) : Exception(message, cause);
