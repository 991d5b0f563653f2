namespace CredentialBroker.Reviews.Identity;

/// <summary>What breaks the wall between a broker's sidecar, the one container it serves, and the others of the pod (R68).</summary>
internal static class Sidecars
{
    public static IReadOnlyList<string> Look(Subject subject) => [.. subject.Specs.SelectMany(one => Look(subject, one.Run, one.Spec)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Look(Subject subject, Manifest run, Tree spec)
    {
        List<Tree> all = [.. Subject.Containers(spec).Select(one => one.Container)];
        // An init container that goes on restarting runs beside the others.
        var beside = all.Where(container => spec["containers"].Items.Contains(container) || container["restartPolicy"].Text == "Always").ToList();
        if (spec["shareProcessNamespace"].Truth == true && beside.Count > 1) yield return $"{run.Title} shares one process namespace, so that each container reads the memory and files of the others";
        foreach (var sidecar in all.Where(IsSidecar))
        {
            foreach (var volume in Mounts(sidecar).Where(volume => !IsOpen(spec, volume)))
            {
                var readers = all.Where(container => !IsSidecar(container) && Mounts(container).Contains(volume)).Select(container => container["name"].Name).ToList();
                if (readers.Count > 1) yield return $"volume {volume} of {run.Title}, in which credentials are delivered, is in more than one container: {string.Join(", ", readers)}";
            }
        }

        if (all.Count > 0 && all.TrueForAll(IsSidecar) && subject.Around.Templates.FirstOrDefault(template => template.Matches(subject.Workload)) is { } own)
        {
            yield return $"{run.Title} is nothing but the broker's sidecar, and template {own.Name} grants to it";
        }
    }

    /// <summary>By its command or the name that the manifests of this product give it.</summary>
    private static bool IsSidecar(Tree container) => container["name"].Text == "credbroker-sidecar" || container["command"].Names.Any(word => word.EndsWith("/credbroker-sidecar", StringComparison.Ordinal));

    private static IEnumerable<string> Mounts(Tree container) => container["volumeMounts"].Items.Select(mount => mount["name"].Name).OfType<string>();

    /// <summary>Configuration is for everybody's eyes.</summary>
    private static bool IsOpen(Tree spec, string volume) => spec["volumes"].Items.Any(one => one["name"].Text == volume && (one["configMap"].Exists || one["downwardAPI"].Exists || one["projected"].Exists));
}
