namespace CredentialBroker.Protocol.Clusters;

/// <summary>The configured clusters.</summary>
/// <param name="Clusters">Their names, in order.</param>
public sealed record ClusterList(IReadOnlyList<string> Clusters);

/// <summary>What a look at a cluster showed.</summary>
/// <param name="Cluster">Its name.</param>
/// <param name="Ok">Whether every point holds.</param>
/// <param name="Points">Everything that was looked at.</param>
public sealed record ClusterReport(string Cluster, bool Ok, IReadOnlyList<ClusterPoint> Points);

/// <summary>One thing that was looked at.</summary>
/// <param name="Area"><c>server</c>, <c>rights</c>, <c>keys</c>, <c>webhooks</c> or <c>findings</c>.</param>
/// <param name="Ok">Whether it is as it should be.</param>
/// <param name="Detail">What was found.</param>
public sealed record ClusterPoint(string Area, bool Ok, string Detail);

/// <summary>Several looks.</summary>
/// <param name="Clusters">One of each cluster.</param>
public sealed record ClusterReports(IReadOnlyList<ClusterReport> Clusters);
