/** What `GET /v1/alerts` lists. */
export interface PlatformAlert {
  id: string;
  rule: string;
  severity: 'Warning' | 'Critical';
  subjectKind: 'Host' | 'Vm' | 'Operation' | 'Platform';
  subjectId?: string;
  subjectName?: string;
  message: string;
  advice: string;
  raisedAt: string;
  clearedAt?: string;
  acknowledgedAt?: string;
  acknowledgedBy?: string;
}
