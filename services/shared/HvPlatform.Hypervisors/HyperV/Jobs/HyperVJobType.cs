namespace HvPlatform.Hypervisors.HyperV;

/// <summary>What a job does, as <c>Msvm_ConcreteJob.JobType</c> says it since Windows 10 and Server 2016; what the driver tells apart.</summary>
internal enum HyperVJobType : ushort
{
    /// <summary>Makes a planned VM of a definition, or imports checkpoints into one.</summary>
    Import = 61,

    /// <summary>Exports a VM.</summary>
    Export = 62,
}
